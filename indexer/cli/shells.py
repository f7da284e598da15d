"""Completion for shells: the script each of them loads, and the answers to it.

A script passes the words before the cursor and the word being typed, and gets back a line for each candidate: its kind
(`plain`, `dir` or `file`), its text as this shell wants it, and a help text, separated by tabs.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Mapping

import click
from click.shell_completion import CompletionItem, ShellComplete

from indexer.cli.options import command
from indexer.cli.output import printable, write, write_bytes

VARIABLE = "_INDEXER_COMPLETE"
WORDS, WORD = "_INDEXER_WORDS", "_INDEXER_WORD"
_END = "\x1f"
"""Appended to a word to find its end after quotes are removed."""

_BASH = r"""
%(complete_func)s() {
    local kind value help
    COMPREPLY=()
    while IFS=$'\t' read -r kind value help; do
        case $kind in
            plain) COMPREPLY+=("$value"); [[ $value == *[:/=] ]] && compopt -o nospace 2>/dev/null ;;
            dir) compopt -o dirnames -o filenames 2>/dev/null ;;
            file) compopt -o default -o filenames 2>/dev/null ;;
        esac
    done < <(_INDEXER_WORDS="${COMP_LINE:0:COMP_POINT}" _INDEXER_WORD="$2" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s 2>/dev/null ||
    complete -F %(complete_func)s %(prog_name)s
"""

_ZSH = r"""#compdef %(prog_name)s
%(complete_func)s() {
    local kind value help
    local -a ended open described texts
    (( $+commands[%(prog_name)s] )) || return 1
    while IFS=$'\t' read -r kind value help; do
        case $kind in
            plain)
                if [[ $value == *[:/=] ]]; then open+=("$value")
                elif [[ -n $help ]]; then described+=("$value") texts+=("$value  -- $help")
                else ended+=("$value"); fi ;;
            dir) _path_files -/ ;;
            file) _path_files ;;
        esac
    done < <(_INDEXER_WORDS="${(F)${(@Q)words[1,CURRENT-1]}}" _INDEXER_WORD="$compstate[quote]$PREFIX" \
        %(complete_var)s=zsh_complete %(prog_name)s 2>/dev/null)
    (( $#described )) && compadd -Q -U -V described -l -d texts -a described
    (( $#ended )) && compadd -Q -U -V ended -a ended
    (( $#open )) && compadd -Q -U -V open -S '' -a open
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = r"""
function %(complete_func)s
    set -l words (commandline -opc | string collect)
    for line in (env %(complete_var)s=fish_complete _INDEXER_WORDS=$words _INDEXER_WORD=(commandline -ct) \
            %(prog_name)s 2>/dev/null)
        set -l parts (string split --max 1 \t -- $line)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline -ct)
            case file
                __fish_complete_path (commandline -ct)
            case plain
                echo $parts[2]
        end
    end
end
complete --keep-order --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""

_POWERSHELL = r"""
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition })
    $saved = [Console]::OutputEncoding
    try {
        [Console]::OutputEncoding = [System.Text.Encoding]::UTF8
        $env:_INDEXER_WORDS = ($before | ForEach-Object {
            if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text }
        }) -join "`n"
        $env:_INDEXER_WORD = "$wordToComplete"
        $env:%(complete_var)s = 'powershell_complete'
        & %(prog_name)s 2>$null | ForEach-Object {
            $kind, $value, $help = $_ -split "`t", 3
            if ($kind -eq 'plain') {
                $tip = if ($help) { $help } else { $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
            }
        }
    } finally {
        [Console]::OutputEncoding = $saved
        Remove-Item Env:_INDEXER_WORDS, Env:_INDEXER_WORD, Env:%(complete_var)s -ErrorAction SilentlyContinue
    }
}
"""


class Shell(ShellComplete):
    """What all shells share: words in, lines out."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor's word, and that one without its quotes."""
        words = os.environ.get(WORDS, "").split("\n")[1:]
        return words, unquoted(os.environ.get(WORD, ""))

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return candidates for the whole word being typed, also in `--option=value`."""
        name, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if equals and name.startswith("--"):
            for item in found:
                item.value = f"{name}={item.value}"
        return found

    def complete(self) -> str:
        """Return a line for each candidate."""
        found = self.get_completions(*self.get_completion_args())
        texts = self.quoted([item.value for item in found])
        return "".join(
            "\t".join((item.type, text, printable(item.help or ""))).rstrip("\t") + "\n"
            for item, text in zip(found, texts, strict=True)
        )

    def quoted(self, values: list[str]) -> list[str]:
        """Return candidates as the script passes them to the shell."""
        return values


class Bash(Shell):
    """Bash breaks words at colons and equals signs too, and takes the text after the last of these."""

    name = "bash"
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words of the line, split at blanks only."""
        words = split(os.environ.get(WORDS, "") + _END)
        return words[1:-1], words[-1].removesuffix(_END)

    def quoted(self, values: list[str]) -> list[str]:
        """Return the replacement for the part of the word that Bash completes."""
        quote = open_quote(os.environ.get(WORDS, ""))
        part = os.environ.get(WORD, "")
        typed = self.get_completion_args()[1]
        rest = unquoted(part if part.startswith(quote) else quote + part)
        kept = len(typed) - len(rest) if typed.endswith(rest) else 0
        return quoted([value[kept:] for value in values], quote)


class Zsh(Shell):
    """Zsh takes whole words."""

    name = "zsh"
    source_template = _ZSH

    def quoted(self, values: list[str]) -> list[str]:
        """Return whole words in the quotes already open."""
        return quoted(values, open_quote(os.environ.get(WORD, "")))


class Fish(Shell):
    """Fish quotes what it inserts, and drops candidates without the typed letters in their order and case."""

    name = "fish"
    source_template = _FISH

    def quoted(self, values: list[str]) -> list[str]:
        """Return candidates in the typed case, if one has a quote that was not typed."""
        typed = self.get_completion_args()[1]
        return [_in_case(value, typed) for value in values]


class PowerShell(Shell):
    """PowerShell takes whole words."""

    name = "powershell"
    source_template = _POWERSHELL

    def quoted(self, values: list[str]) -> list[str]:
        """Return whole words, in single quotes if they need any."""
        return [
            value if re.fullmatch(r"[\w:/.=-]*", value) else "'" + value.replace("'", "''") + "'"
            for value in values
        ]


SHELLS: Mapping[str, type[Shell]] = {shell.name: shell for shell in (Bash, Zsh, Fish, PowerShell)}


def split(line: str) -> list[str]:
    """Return the words of a line as a shell would, without quotes and escapes; it may end in the middle of a word."""
    from click.shell_completion import split_arg_string

    return split_arg_string(line)


def unquoted(word: str) -> str:
    """Return one word without its quotes and escapes."""
    return split(word.replace("\n", " ") + _END)[-1].removesuffix(_END) if word else ""


def open_quote(line: str) -> str:
    """Return the quote that a line leaves open; empty where there is none."""
    quote, at = "", 0
    while at < len(line):
        c = line[at]
        if c == "\\" and quote != "'":
            at += 1
        elif c == quote:
            quote = ""
        elif c in "\"'" and not quote:
            quote = c
        at += 1
    return quote


def quoted(values: list[str], quote: str) -> list[str]:
    """Return texts as written in an open quote of a POSIX shell; without an open quote, all are quoted if one needs it.

    Candidates that are quoted alike begin alike, so that the shell can insert what they share.
    """
    if quote == '"':
        return [re.sub(r'([\\"$`])', r"\\\1", value) for value in values]
    inside = [value.replace("'", "'\\''") for value in values]
    if quote:
        return inside
    needed = any(re.search(r"""[\s\\"'$`&|;<>()*?\[\]{}!#~^]""", value) for value in values)
    return [f"'{text}'" for text in inside] if needed else values


def _in_case(value: str, typed: str) -> str:
    """Return `by:"Mona"` as `by:"mona"` for the typed `by:mo`: names in filters have no case."""
    at = value.find('"')
    rest = typed[at:]
    if at < 0 or not rest or value[:at] != typed[:at]:
        return value
    behind = value[at + 1 :]
    same = behind.casefold().startswith(rest.casefold())
    return f'{value[:at]}"{rest}{behind[len(rest) :]}' if same else value


def answer(program: click.Command) -> int:
    """Answer a script in lines; if anything goes wrong, there are no candidates and no errors."""
    shell, _, _ = os.environ[VARIABLE].partition("_")
    with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
        made = SHELLS[shell](program, {}, "indexer", VARIABLE).complete()
        write_bytes(made.encode("utf-8", "replace"))
    return 0


@command(
    "completion",
    {
        "indexer completion bash": "print the script; docs/search.md says where to put it",
        'eval "$(indexer completion zsh)"': "try it in this shell",
        "indexer completion fish | source": "the same in fish",
    },
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the script that completes commands and names in SHELL."""
    write(SHELLS[shell](ctx.find_root().command, {}, "indexer", VARIABLE).source().lstrip("\n"))
    return 0
