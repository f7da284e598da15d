"""In which encoding is a text that is not Unicode? Judged by the letters and words of possible languages. Pure.

Statistics of bytes alone need some hundred letters; a note of one line has one or two telling ones. So every encoding is
tried, and each reading of the bytes is judged as a text: does a language have its letters, next to these neighbours, in
words of one script and case, and are its signs in the usual places?
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

MAX_SAMPLE = 640
"""Bytes that are judged; more would not help."""
_ROUND = 24
_HIGH = re.compile(rb"[\x80-\xff]{1,200}")
_POOR = -9.0
"""The mean worth of a sign beyond ASCII below which no reading is trusted."""
_STRANGE, _BESIDE, _COMMON_WORD = -13.0, 1.0, 0.7
_CAPITAL_INSIDE, _TWO_SCRIPTS, _TWO_ACCENTS, _BESIDE_DIGIT, _ALONE = -4.0, -8.0, -1.5, -3.0, -4.0
_SIGN, _RARE_SIGN, _SIGN_IN_WORD, _NO_TEXT = -6.0, -11.0, -6.0, -14.0
_SIGNS = "–—…•€°§«»„“”‘’‚‹›©®™²³½ªº¿¡£µ±×·№\xa0"
_BEFORE_WORDS = "„‚¿¡«‹"
"""Signs that never end a word."""
_AFTER_WORDS = "€²³½™®ªº…£§"
"""Signs that no letter follows."""

_WEST, _CENTRAL, _CYRILLIC = (
    "cp1252 cp850 cp437 mac_roman", "cp1250 iso8859_2 cp852 mac_latin2", "cp1251 koi8_r cp866 iso8859_5 mac_cyrillic"
)  # fmt: skip
_PRIORS = {
    "cp1252": 0.0, "cp1250": -1.5, "cp1251": -1.5, "cp1254": -1.5, "cp1253": -3.0, "cp1255": -3.0, "cp1256": -3.0,
    "cp1257": -3.0, "cp850": -3.0, "cp437": -3.5, "mac_roman": -3.5, "iso8859_2": -3.0, "cp852": -4.0,
    "mac_latin2": -5.0, "koi8_r": -3.0, "koi8_u": -3.5, "cp866": -3.0, "iso8859_5": -4.0, "mac_cyrillic": -4.0,
}  # fmt: skip

_SPOKEN = (
    # encodings; letters beyond ASCII, each with how many of a thousand letters it is; everyday words
    (_WEST, "é1 ï.3 ö.1 ñ.1 ç.1 à.1", "naïve the of and to in for is on that with this are be it your we by not from have café at as paid price résumé"),
    (_WEST, "ü10 ä6 ö4.5 ß3", "der die das und ist von mit für nicht ein eine auf den dem des im zu zum zur über am bis"
     " wir uns sie ihr ihre bitte termin größe straße grüße müller köln münchen schlüssel kündigung rückfrage prüfung"
     " geschäft änderung lösung stück höhe länge öffnen übergabe übersicht jörg schöne würde gemäß maß außen weiß zurück"
     " früh gebühr vergütung währung verträge aufträge geräte räume märz möglich büro tür öl äußerst überprüfen höher"
     " österreich zürich begründung günstig nächste fällig später während gültig verfügung rückgabe ofentür zölle"),
    (_WEST, "é19 è3.5 à5 ê2.5 ç1 ù.6 â.6 î.5 ô.6 û.4 œ.3 ï.1 ë.1", "le la les de des du et est un une en pour que qui"
     " dans sur avec par au aux ce nous vous pas à été société qualité réunion café déjà très après même être où délai"
     " façon reçu prévu référence numéro téléphone février août décembre création modèle problème élève état hôtel côté"
     " tâche coût dû sûr œuvre cœur noël maïs règlement français leçon congés équipe évaluation matériel février énergie"
     " à l'été voilà là collègue dépôt chèque règle contrôle intérêt bientôt connaît plaît août payé café"),
    (_WEST, "ó8 í7 á5 é4.5 ñ3 ú1.7 ü.1", "el la los las de del y en que un una por para con se es su no al más está"
     " reunión información gestión año español señor mañana también está días día página número teléfono crédito público"
     " según después aquí así envío país compañía cañón niño pequeño contraseña recepción dirección número líneas"
     " factura pedido situación miércoles sábado artículo último útil según pingüino"),
    (_WEST, "ã7 ç5.5 é5 á4 í4 ó3 ê4 õ3 ú2 à1 â1.5 ô1", "o a os as de da do das dos e em que um uma para com por não se no na"
     " são reunião informação ação relação produção não é está também já até você três mês português orçamento preço"
     " serviço março início período número único útil mínimo câmara avô às à colônia ligações condições dúvida café"),
    (_WEST, "è3.5 à6.5 ì1 ò1.5 ù1.7 é1", "il lo la i gli le di del della e in che un una per con non si al da sono è più"
     " perché città qualità società attività già così però può lunedì venerdì sarà caffè cioè là giù università né sé"),
    (_WEST, "ä18 ö13 å13 é.3", "och att det en som på är av för med till den har inte om på från för är även så måste när"
     " också två år få gå möte möjlig sälja köpa följande förslag åtgärd ärende över öppen område stålrör försäljning"),
    (_WEST, "å12 ø9 æ8.7 é.2", "og i at det en den til er som på de med for af ikke på år også så får når går måned første"
     " købe køb størrelse æble ærlig må få søn prøve møde løsning hænder være læse spørgsmål ændring forår både"
     " gjøre før nå også større kjøp år må møte"),
    (_WEST, "ä36 ö4.5 å.1", "ja on ei se että oli hän kun mutta myös tämä ovat tai kuin niin päivä työ tehtävä päätös"
     " määrä sähköposti käyttö näyttö öljy pöytä yhtiö yhteyttä lisää täällä äiti hyvä mitä käytössä"),
    (_WEST, "ë1 é1 ï.3 ö.2 ü.1 è.2", "de het een en van is dat op te in voor niet met zijn er aan ook om door bij naar"
     " één coëfficiënt België reünie geïnteresseerd ideeën zoë cliënt financiële officiële knieën"),
    (_WEST, "á9 ð1 é6.5 í8 ó8 ú4 ý.1 þ.5 æ4 ö4", "og að er í á sem það til við ekki um með það því fyrir"
     " þetta hún þú maður ár góður síðan"),
    (_CENTRAL, "ł18 ó8.5 ę11 ą10 ż8.3 ś6.6 ć4 ń2 ź.6", "w na z do nie się jest i o że to od za po dla przez lub oraz"
     " płatności płatność spółka umowa dostawę dostawa łódź łodzi kraków są będzie być który także można już więc między"
     " dzień dziękuję proszę faktura należność wysyłka źródło jakość ilość część wartość opłata zamówienie środa piątek"
     " cześć gdańsk poznań wrocław książka zażółć gęślą jaźń usługa usług ceną święta święto zgłoszenie pieniądze sześć"
     " mąż chcę mogę życzę łączna załącznik główny żółty późno koń słońce września października czwartek rozwój"),
    (_CENTRAL, "á22 č11 ď.2 é13 ě16 í32 ň.1 ó.3 ř12 š8 ť.4 ú1.5 ů7 ý10 ž10", "a v na se je že to do s z o pro za od by"
     " jako nebo není jsou při dodávka smlouva cena číslo účet příloha dopis děkuji prosím městě město řešení různé který"
     " může můžeme další každý více první třetí čtvrtek středa pátek září říjen říjnu květen červen společnost zboží"
     " množství těžké žluťoučký kůň úpěl ďábelské ódy dům důležité výroba průměr příští děti věc zpráva práce vážený"
     " měsíc něco ještě štěstí buď síť peníze účetní výše náklady žádost přehled nabídka"),
    (_CENTRAL, "á19 č10 ď1.5 é8 í10 ľ4 ň1.5 ó1 ô1.7 š9 ť6 ú10 ý11 ž9 ä1 ĺ.1 ŕ.1", "a v na sa je že to do s z o pre za od"
     " ako alebo nie sú pri dodávka zmluva číslo účet príloha ďakujem prosím mesto riešenie môže môžeme ďalší každý"
     " viac štvrtok streda piatok spoločnosť množstvo ťažké vysoký stôl kôň ľudia ľubovoľný deň práca vážený účtovníctvo"),
    (_CENTRAL, "á34 é33 í6 ó10 ö9 ő8.5 ú5.5 ü6 ű2", "a az és hogy nem egy is van volt meg ez de ha csak szerződés szállítás"
     " számla ár árajánlat kérem köszönöm tisztelt üdvözlettel győr győző fűtés gyűrű tűz erősítő első időpont körül jövő"
     " szükséges összeg őket készült létező működés november hétfő péntek árvíztűrő tükörfúrógép munkaidő után cég között"
     " vevő eladó határidő felelős könyv fizetés ügyfél nyomtatható megrendelés idő nő minőség felső belső"),
    (_CENTRAL, "ă23 î9 â6 ş12 ţ11 é.1", "şi de la în a cu pe un o din nu este că pentru sau mai fi ca se să bună ziua după"
     " până când română fără preţ plată furnizor anexă încă între câte şase ţară informaţii condiţii bucureşti piaţă"
     " mâine sâmbătă maşină înainte vânzări cumpărare conţine această"),
    (_CENTRAL, "č11 š9 ž6 ć6 đ2.5", "i u na je da se za od s su o po što ali kao ili nije cijena račun isporuka količina"
     " narudžba plaćanje ugovor više još može već sljedeći četvrtak rujan veljača kuća noć đak među građevina rođen"
     " mogoče naročilo cena račun pošta občina človek že še lahko žal država"),
    ("cp1254 cp857", "ı51 ü18 ş18 ç12 ğ11 ö8 İ4 â.3 î.1", "ve bir bu için ile de da olarak en çok daha gibi var değil"
     " teşekkürler sayın ödeme sipariş fiyat müşteri şirket gün güncel toplantı salı çarşamba perşembe ağustos şubat"
     " değişiklik sözleşme ürün çalışma öğle yeşil ışık kağıt ığdır soğuk büyük küçük yıl satış alış dağıtım istanbul"
     " türkiye üç değer doğru mağaza dört görüşmek süre çelik boru teslimat gecikti yarın"),
    ("cp1257", "ė17 š12 ž8 ū4.5 į6 ų13 ą6 ę2 č4", "ir kad yra su iš į bet ne ar kaip už būti sutartis kaina įmonė sąskaita"
     " užsakymas pristatymas ačiū prašome žmonės šiandien rugsėjis mėnuo lietuvių"),
    ("cp1257", "ā38 ī15 ē18 š9 ņ5 ž2 ļ4 č1.3 ū5 ģ1.3 ķ1.2", "un ir ar no par kas uz lai pēc līgums cena rēķins pasūtījums"
     " piegāde lūdzu paldies mēnesis jūnijs valsts latviešu šī tā būs"),
    ("cp1257", "ä11 õ10 ü6.5 ö2 š.3 ž.1", "ja on ei et see oli ka mis kui oma või tähtaeg leping hind arve tellimus tänan"
     " palun päev töö küsimus võib õige müük käibemaks"),
)  # fmt: skip
_WRITTEN = (
    # encodings; letters from the most frequent on; everyday words
    (_CYRILLIC, "оеаинтсрвлкмдпуяызьбгчйхжшюцщэфъё", "и в не на я что с по как это но к из у за от для на оплату счет"
     " договор поставка поставки цена стоимость прошу спасибо встреча письмо сообщение срок товар компания россия москва"
     " количество февраль пожалуйста просьба уважаемые прайс завод труба сталь перенос совещание сумма был быть"),
    ("cp1251 koi8_u cp866", "оаинівртеслкудмпзьбягєхчйцїжшющфґ", "і в не на що з по як це але до із у за від для та рахунок"
     " оплату договір постачання ціна вартість прошу дякую зустріч лист київ україна місяць кількість її є підприємство"),
    ("cp1251", "аиоентрсвлкдпмзгяъубчцйжщхшюфь", "и в не на да се за от по с са е като договор доставка цена фактура моля"
     " благодаря среща писмо срок българия софия количество плащане към този които може още"),
    ("cp1251", "аиоенрсуткјвдмплгзбшчцњжћљхђџф", "и у не на је да се за од по са су као договор испорука цена рачун молим"
     " хвала састанак рок србија београд количина плаћање"),
    ("cp1253 iso8859_7 cp737", "αοιετσνρκπλμηυςγδίόάέθωχήβφύώξζψϊΐϋ", "και το να της του με για την στο από είναι τα στη"
     " δεν θα τιμή τιμολόγιο σύμβαση παράδοση ευχαριστώ παρακαλώ συνάντηση ημερομηνία αθήνα ποσότητα προσφορά εταιρεία"
     " πληρωμή"),
    ("cp1255 iso8859_8", "יולהרבאתמשנעםקדפחסטצגכזןךץףִ", "של את על לא זה עם הוא גם כל או אני חוזה מחיר תשלום פגישה תודה"
     " בבקשה חשבונית משלוח אספקת פלדה שלום הזמנה תל אביב נחתם בתל"),
    ("cp1256 iso8859_6", "اليمونرتبدعسفهكقحجشطصخغذضزظةأىإءئؤآثـپچگژکی", "في من على إلى عن ان هذا مع التي ما العقد السعر"
     " الدفع شكرا اجتماع الفاتورة التسليم الشركة طلب مرحبا سعر توريد الصلب و را به از که در این"),
)  # fmt: skip
_WIDE = (
    # encodings of two bytes; their prior; first bytes of everyday characters; the commonest of these
    ("gb18030", -3.0, (0xB0, 0xD7), "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自去之过家对可后小多天能好都没日于"
     "起还发成事只作当看文开手十用主行方如前所本见经面公同三已从动两长合司价格货款付请您月号，。（）：、"),
    ("cp932", -3.0, (0x88, 0x97), "日一年大人中会社書契約価格部品月本者事業見積請求注文納期御様電話、。（）：ーンストルイラックドシリアタフロカの"
     "にるたとはしいをでてがなれからさりすあもこまうくよきんめおけそつえ"),
    ("big5", -4.0, (0xA4, 0xC6), "的一是不了在人有我他這中大來上國個到說們為和你地出道也時年得就那要下以生會合約價格公司請您月號，。（）：、"),
    ("cp949", -4.0, (0xB0, 0xC8), "이다에의는로하을가고지서한은기어대사시를리도인스일계약금니습부세요주문격납안녕합"),
    ("euc_jp", -5.0, (0xB0, 0xCF), "日一年大人中会社書契約価格部品月本者事業見積請求注文納期御様電話、。（）：ーンストルイラックドシリアタフロカの"
     "にるたとはしいをでてがなれからさりすあもこまうくよきんめおけそつえ"),
)  # fmt: skip
_COMMONEST, _COMMON, _SELDOM, _BESIDE_ASCII = -5.0, -8.0, -14.0, -4.0


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language is recognised."""

    worth: dict[str, float]
    """Logarithms of the frequencies of its letters beyond ASCII."""
    beside: frozenset[tuple[str, str]]
    """Pairs of letters of its words."""
    words: frozenset[str]
    is_latin: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the bytes."""

    encoding: str
    worth: float
    """Higher is likelier; a text of ASCII letters in one language has 0 or more."""


def guess(data: bytes, *, of_dos: bool = False) -> Reading | None:
    """Return the likeliest reading of bytes in an 8-bit encoding; None if none is likely.

    `of_dos`: DOS encodings are as usual as those of Windows, as for names in archives.
    """
    sample = telling(data)
    count = sum(byte > 127 for byte in sample)
    best: Reading | None = None
    for encoding in _languages():
        worth = _judge(sample, encoding)
        if worth is None:
            continue
        if of_dos and encoding.startswith("cp"):
            worth -= _PRIORS.get(encoding, -5.0)
        if best is None or worth > best.worth:
            best = Reading(encoding, worth)
    for encoding, prior, everyday, commonest in _WIDE:
        text = _decode_wide(sample, encoding)
        worth = prior + _worth_of_wide(text, encoding, everyday, frozenset(commonest)) if text else -math.inf
        if best is None or worth > best.worth:
            best = Reading(encoding, worth)
    return best if best and best.worth >= _POOR * max(1, count) else None


def telling(data: bytes) -> bytes:
    """Return some `MAX_SAMPLE` bytes that distinguish encodings: those beyond ASCII, with the words around them."""
    windows: list[tuple[int, int]] = []
    size = 0
    for match in _HIGH.finditer(data):
        begin, end = max(0, match.start() - _ROUND), match.end() + _ROUND
        if windows and begin <= windows[-1][1]:
            begin, before = windows.pop()
            size -= before - begin
        windows.append((begin, end))
        size += end - begin
        if size >= MAX_SAMPLE:
            break
    return b"\n".join(data[begin:end] for begin, end in windows)


def judge(data: bytes, encoding: str) -> float | None:
    """Return the likelihood (a `Reading.worth`) of bytes as a text in an 8-bit encoding; None: they can't be one."""
    return _judge(telling(data), encoding)


def _judge(sample: bytes, encoding: str) -> float | None:
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return None
    languages = _languages()[encoding]
    return _PRIORS.get(encoding, -5.0) + sum(
        max(_worth(line, one) for one in languages) for line in text.splitlines()
    )


@cache
def _languages() -> dict[str, tuple[_Language, ...]]:
    """Return each encoding with the languages written in it, the likelier encodings first."""
    found: dict[str, list[_Language]] = {}
    for encodings, letters, words in _SPOKEN:
        shares = {part[0]: float(part[1:]) / 1000 for part in letters.split()}
        _add(found, encodings, shares, words, is_latin=True)
    for encodings, letters, words in _WRITTEN:
        shares = {letter: 0.11 * math.exp(-rank / 8.5) for rank, letter in enumerate(letters)}
        _add(found, encodings, shares, words, is_latin=False)
    order = sorted(found, key=lambda encoding: -_PRIORS.get(encoding, -5.0))
    return {encoding: tuple(found[encoding]) for encoding in order}


def _add(
    found: dict[str, list[_Language]], encodings: str, shares: dict[str, float], words: str, *, is_latin: bool
) -> None:
    language = _Language(
        {letter: math.log(share) for letter, share in shares.items()},
        frozenset(pair for word in words.split() for pair in pairwise(word.lower())),
        frozenset(words.split()),
        is_latin,
    )
    for encoding in encodings.split():
        found.setdefault(encoding, []).append(language)


def _worth(text: str, language: _Language) -> float:
    """Return how likely a text is one of a language: logarithms, added up over what is beyond ASCII, and its words."""
    padded = f" {text} "
    worth = sum(
        _of_letter(padded[i - 1], c, padded[i + 1], language)
        if c.isalpha() and c not in _SIGNS
        else _of_sign(padded[i - 1], c, padded[i + 1])
        for i, c in enumerate(padded)
        if c > "\x7f"
    )
    return worth + _COMMON_WORD * sum(word in language.words for word in re.findall(r"\w+", text.lower()))


def _of_letter(before: str, letter: str, after: str, language: _Language) -> float:
    low = letter.lower() if letter != "İ" else letter  # two signs in lower case
    worth = language.worth.get(low, _STRANGE)
    if letter.isupper() and before.islower():
        worth += _CAPITAL_INSIDE
    if before.isdigit() or after.isdigit():
        worth += _BESIDE_DIGIT
    if language.is_latin:
        worth += _TWO_ACCENTS * (before > "\x7f" and before.isalpha())
    else:
        worth += _TWO_SCRIPTS * sum(c.isascii() and c.isalpha() for c in (before, after))
        worth += _ALONE * (not before.isalpha() and not after.isalpha())
    worth += _BESIDE * ((before.lower(), low) in language.beside)
    return worth + _BESIDE * ((low, after.lower()) in language.beside)


def _of_sign(before: str, sign: str, after: str) -> float:
    if sign < "\xa0" or "\u2500" <= sign <= "\u25ff" or sign >= "\ue000":
        return _NO_TEXT
    worth = _SIGN if sign in _SIGNS else _RARE_SIGN
    is_within = before.isalpha() and after.isalpha() and sign not in "’·\xa0–—"
    is_misplaced = (before.isalpha() and sign in _BEFORE_WORDS) or (after.isalpha() and sign in _AFTER_WORDS)
    return worth + _SIGN_IN_WORD * (is_within or is_misplaced)


def _decode_wide(sample: bytes, encoding: str) -> str:
    """Return the text; empty if the bytes are not a text in that encoding. The end may be half a character."""
    for cut in (sample, sample[:-1]) if len(sample) >= MAX_SAMPLE else (sample,):
        try:
            return cut.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""


def _worth_of_wide(text: str, encoding: str, everyday: tuple[int, int], commonest: frozenset[str]) -> float:
    worth = 0.0
    for before, c in pairwise(f" {text}"):
        if c <= "\x7f":
            worth += _BESIDE_ASCII * (c.islower() and before > "\x7f")
            continue
        code = c.encode(encoding)
        is_everyday = len(code) == 2 and everyday[0] <= code[0] <= everyday[1]
        worth += _COMMONEST if c in commonest else _COMMON if is_everyday else _SELDOM
        worth += _BESIDE_ASCII * ("a" <= before <= "z")
    return worth
