"""The parts of a German compound: `stahltrager` is `stahl` and `trager`.

A word is a compound if all of it is words of a list, each but the last with a linking element and the last with an ending;
what ends in `ungs`, `heits` and the like needs no list. Fewest parts first, then long ones first. So a word's parts depend
on nothing but the word, and a word like `apparat`, in which no word of the list stands before `rat`, has none.
docs/decisions/028-compound-parts.md has what else was tried. `page/assets/compounds.js` says the same in JavaScript.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise

from indexer.terms.fold import fold

_SHORTEST, _LONGEST, _SHORTEST_PART = 7, 40, 3
_LINKS = ("", "s", "es", "n", "en", "e")
_ENDINGS = {"e": ("e", "se"), "n": ("n", "en", "ern", "sen"), "r": ("er",), "s": ("s", "es", "ses")}
"""By their last letter."""
_DERIVED = re.compile("[a-z]{3,}(?:ung|heit|keit|schaft|ion|tat|tum|ling)s")
WORDS = (
    "abbau abbildung abbruch abdeckung abdruck abend abfahrt abfall abfluss abfrage abgabe abgas abgeordnete "
    "abkommen ablage ablauf abnahme abrechnung absatz abschied abschluss abschnitt abschreibung absicht "
    "absolut abstand abstieg absturz abteilung abwasser abwehr abwicklung abzug achse acker adapter ader "
    "administrator adress adresse affe agent agentur agrar akademie akku akte akteur aktie aktion aktiv "
    "aktivität alarm album algorithmus alkohol allee allgemein alltag alter alternative alters aluminium "
    "amateur ampel amt ämter amtlich analyse anbau anbieter anfall anfang anfechtung anforderung anfrage "
    "angabe angebot angehörige angel angelegenheit angestellte angriff angst anker anklage anlage anlass "
    "anlauf anleihe anleitung anmeldung annahme anordnung anruf ansatz anschlag anschluss anschrift ansicht "
    "anspruch anstalt anteil antenne antidumping antrag antrieb antritt antwort anwalt anweisung anwender "
    "anwendung anzahl anzeige anzug anzugreifen apfel apotheke apparat arbeit arbeiter arbeitgeber "
    "arbeitnehmer architekt architektur archiv argument arm armatur armee armut art artikel arznei arzt asche "
    "aspekt asphalt assistent assistenz asyl atelier atem atlas atom attacke attest attribut audio aufbau "
    "aufenthalt aufforderung aufgabe auflage auflösung aufnahme aufruf aufsatz aufsicht aufstellung aufstieg "
    "auftakt auftrag auftritt aufwand aufzug aufzugreifen auge ausbau ausbildung ausbruch ausdruck ausfall "
    "ausflug ausfuhr ausgabe ausgang ausgleich auskunft ausland auslands auslauf ausnahme auspuff ausrichtung "
    "ausrüstung aussage ausschluss ausschnitt ausschreibung ausschuss aussicht ausstattung ausstellung "
    "austausch auswahl auswärts ausweis auswertung auszahlung auszug auszugehen auszugleichen auto autobahn "
    "automat automobil autor baby bach backup bad bäder bagger bahn bahnhof balken balkon ball ballon band "
    "bänder bank barriere basis batterie bau bauch bauer baum baustein bayern beamte beamten beauftragte "
    "bedarf bedien bedienung bedingung bedürfnis befehl befragung befreiung befund begegnung beginn begleiter "
    "begleitung begrenzung begriff behälter behandlung behinderte behörde beihilfe bein beinhalten beispiel "
    "beitrag bekämpfung bekleidung belastung beleg beleuchtung bemerkung benutzer benzin beobachter "
    "beobachtung berater beratung berechnung berechtigung bereich bereitschaft berg bericht beruf beschaffung "
    "beschäftigung bescheid bescheinigung beschluss beschränkung beschreibung beschwerde besen besetzung "
    "besitz besitzer besprechung bestand bestätigung bestell bestellung besteuerung bestimmung besuch "
    "besucher beteiligung beton betrachtung betrag betreiber betreuung betrieb betriebs betrug bett "
    "beurkundung beute bevölkerung bewegung bewehrung beweis bewerbung bewertung bewohner bewusstsein "
    "bezahlung bezeichnung beziehung bezirk bezug bibliothek biene bier bilanz bilanzierung bild bilder "
    "bildschirm bildung bindung bio biologie birne bischof bitte blase blatt blätter blech blei blend blende "
    "blick blind blitz block blume blut boden bogen bohne bohrer bohrung bolzen bombe bonus boot bord börse "
    "bote boten box branche brand brauerei braun braut breitband breite brems bremse brenn brenner brett "
    "bretter brief brille bronze brot browser bruch brücke bruder brunnen brust brut brutto buch bücher "
    "buchhaltung buchstabe bucht buchung bude budget bühne bund bündel bündnis bunker bunt burg bürge bürger "
    "bürgschaft büro bus busch butter café camp cent chance charakter chef chemie chip chor christ client "
    "code computer container controlling crash creme cursor dach dame damm dampf darlehen darm darsteller "
    "darstellung datei daten datenbank datum dauer debatte decke deckel deckung dekoration dekret delikt "
    "demokratie demonstration denkmal deponie design detail detektiv deutsch deutschland deutung diagnose "
    "diagramm dialog dicht dichte dichtung dieb diebe diebstahl diener dienst diesel differenz digital ding "
    "diplom direktion direktor diskussion disponent disziplin doktor dokument dollar dom doppel dorf dörfer "
    "dose dosier dosis drache draht dreck dreh dreher drehung drei dreieck drittel droge drohne drossel druck "
    "drucker druckerei dübel duft dünger durchgang durchmesser durchschnitt dusche düse ebene ebenfalls echt "
    "ecke edel editor effekt ehe ehre eid eier eigen eigenschaft eigentum eigentümer eimer einbau einbruch "
    "einfluss einfuhr eingabe eingang einheit einheits einigung einkauf einkommen einladung einlage "
    "einleitung einnahme einreise einrichtung einsatz einschränkung einspeisung einstellung einstieg einsturz "
    "eintrag eintritt einwand einwohner einzel einzelhandel einzug einzugehen einzugreifen eis eisen "
    "eisenbahn elektro elektronik element elite eltern empfang empfänger empfehlung empfindung endung energie "
    "engel engpass entfernung entgelt entnahme entschädigung entscheidung entsorgung entwicklung entwurf "
    "entzug epoche erbe erbschaft erde erdgas erdöl ereignis erfahrung erfassung erfolg ergebnis erhebung "
    "erhöhung erholung erkenntnis erkennung erklärung erkrankung erlass erlaubnis erlebnis erlös ermäßigung "
    "ermittlung ernährung ernte eröffnung erreger ersatz erscheinung erst erstattung erste erstellung ertrag "
    "erwachsene erwartung erweiterung erwerb erzählung erzeuger erzeugnis erzeugung erziehung esel essen "
    "estrich etage etappe etat ethik etikett euro europa exekutive exemplar experte export fabrik fach faden "
    "fahne fahr fahrer fahrrad fahrt fahrzeug faktor fall falle falten familie familien fang farbe faser fass "
    "fassade fassung fastnacht faust feder fehl fehler feier feiertag feile feind feld felder fell fels "
    "fenster ferien fern fernseh fertig fertigung fest festival festnetz fett feuchte feuchtigkeit feuer "
    "feuerwehr fichte fieber figur filiale film filter finanz finanzierung finger firma fitness flach fläche "
    "flagge flamme flansch flasche fleck fleisch fliege flieger fliese fließ fließend floss flotte flucht "
    "flüchtling flug flügel flughafen flugzeug fluss flüssigkeit flut fokus folge folie fonds förder "
    "förderung form format formation formel formular formulierung forscher forschung forst fortschritt forum "
    "foto foul fracht frachter frachtführer frage fraktion franken fräse fräser frau freigabe freiheit "
    "freitag freizeit fremd frequenz freude freund frieden friedens friedhof frisch frist front frost frucht "
    "früh fuchs fuge führer fuhrpark führung fund fundament fünf funk funktion furcht fürst fuß fußball "
    "futter gabe gabel galerie gang garage garantie garten gärtner gas gasse gast gaststätte gatter gebäude "
    "gebet gebiet gebirge gebot gebrauch gebrauchs gebühr geburt geburtstag gedächtnis gedanke gedicht gefahr "
    "gefahren gefälle gefängnis gefäß gefühl gegenstand gegenwart gehalt gehäuse geheim geheimnis gehirn "
    "gehör gehweg geist geister gelände gelb geld gelenk geltung gemälde gemein gemeinde gemeinsam "
    "gemeinschaft gemüse gemüt genehmigung generation generator genosse genossenschaft geometrie gepäck gerät "
    "geräte gerätschaft geräusch gericht gerste geruch gerüst gesamt gesang geschäft geschäftsführer geschenk "
    "geschichte geschirr geschlecht geschlechter geschmack geschoss geschwindigkeit gesellschaft gesenk "
    "gesetz gesicht gesichter gespräch gestalt gestalter gestaltung gestein gestell gesuch gesundheit getränk "
    "getreide getriebe gewächs gewährleistung gewalt gewässer gewebe gewehr gewerbe gewerkschaft gewicht "
    "gewinde gewinn gewissen gewitter gewohnheit gießerei gift gipfel gips gitter glanz glas gläser glaube "
    "glaubens gläubiger gleich gleichfalls gleichung gleis glied global glocke glück glut gold gott götter "
    "grab graben gräber grad grafik gramm gras grat grau grenze griff grill groß größe großhandel grube grün "
    "grund grundierung grundstück gründung gruppe gruß gummi gurke gürtel guss gut gutachten güte güter "
    "gutschein gutschrift gymnasium haar haben hafen hafer haftung hagel hahn haken halb halle halt haltung "
    "hammer hand handbuch hände handel händler handlung handschuh handwerk handwerker handy hard hardware "
    "harn hart härte hase haupt haus häuser haushalt haut hebel hecke heer heft heide heil heilig heim heimat "
    "heizer heizung held helfer hell helm hemd herbst herd herkunft herr herren hersteller herstellung herz "
    "herzens hetze heu hierarchie hilfe himmel hintergrund hinweis hirn hirsch hirte historie hitze hobby "
    "hobel hoch hochschule höchst hochzeit hof höhe hoheit hohl höhle holding holz honig hörer hormon horn "
    "hose hotel hub hubschrauber huhn hühner hülle hülse hummel humor hund hunger hurrikan hut hütte hygiene "
    "hyper hypothek idee identität image immobilie impfung import impuls index industrie infektion info "
    "information infrastruktur ingenieur inhaber inhalt inhalts initiative inkasso inland innenstadt insekt "
    "insel insolvenz inspektion installation instanz institut instrument integral intensiv interesse internet "
    "intervall interview inventar inventur investition investment investor islam jacke jagd jäger jahr "
    "jahrgang jahrhundert jazz journal journalist jubel jubiläum jude jugend juli jung jungfer juni jury "
    "justiz kabel kabinett kader käfer kaffee käfig kaiser kalender kalk kalkulation kalorie kälte kamera "
    "kamin kammer kampagne kampf kanal kandidat kanne kanone kante kanzlei kanzler kapazität kapelle kapital "
    "kapitel kappe karriere karte kartoffel karton käse kasse kassen kasten katalog katastrophe kategorie "
    "katze kauf käufer kaution kegel kelle keller kenner kenntnis kennung kennzahl kennzeichen kern kernel "
    "kerze kessel kette keule kiefer kies kilo kind kinder kino kipper kirche kirsche kissen kiste klage "
    "kläger klamm klammer klang klappe klar klasse klaue klausel klavier kleid kleider kleidung klein klima "
    "klinge klinik kloster klotz klub knappheit knie knoblauch knochen knopf knoten koch koffer kohle kokille "
    "kolben kolleg kollege komfort komitee kommando kommentar kommissar kommission kommunal kommunikation "
    "kompetenz komplex komponente komponist konferenz konfiguration konflikt kongress könig konkurrenz "
    "konstruktion konsum kontakt kontext kontinent kontingent konto kontroll kontrolle konvention konzept "
    "konzern konzert kooperation koordinate kopf kopie kopplung korb korn körper körperschaft korrektur "
    "kosmetik kost kosten kostüm kraft kraftwerk kragen kran kranken krankenhaus krankheit kraut krebs kredit "
    "kreis kreuz kreuzung krieg kriegs krimi kriminal krippe krise kristall kriterium kritik kritiker krone "
    "krönung küche kuchen kugel kuh kühl kühler kühlung kultur kunde kunden kündigung kunst künstler "
    "kunststoff kupfer kupplung kur kurs kurve kurz küste label labor lachs lack lackierer lade laden lader "
    "ladung lage lager lagerung laie laminat lamm lampe land länder landschaft landwirt landwirtschaft länge "
    "lärm laser last lastschrift latein latte laub lauf läufer lauge laune laut layout leben lebensmittel "
    "leder leer legende legierung lehm lehr lehre lehrer lehrgang leib leiche leicht leih leiste leistung "
    "leiter leitfaden leitung lenk lern lese leser leucht leute licht lichter liebe lied lieder liefer "
    "lieferant lieferung liegenschaft liga linie link linse liste literatur lizenz lob loch löcher löffel "
    "logik logistik lohn lok lokal lösch löscher löser lösung lotse lücke luft lüftung lust luxus lyrik macht "
    "mädchen magazin magen magnet mahl mahlzeit mahn mahnung mail mais makler makro maler malerei management "
    "manager mandant mandat mangel mann männer mannschaft mantel märchen marine mark marke marketing "
    "markierung markt marmor märz maschine maske maß masse maßnahme mast material mathematik matrix matte "
    "mauer maus maut maximal mechanik mechanismus medien medizin meer mehl mehr mehrheit mehrwert meile "
    "meinung meister meisterschaft melde melder meldung menge mensch menschen menü merk merkmal messe messer "
    "messing messung meta metall meter methode miet miete mieter mikro milch militär milliarde million minder "
    "mindest mineral mini minimal minister ministerium minute misch mischung missbrauch mission mitarbeiter "
    "mitglied mitglieder mittag mitte mitteilung mittel mitwirkung möbel mobil mobilfunk modell modem modul "
    "modus moment monat mönch mond monitor monopol montage moor moral mord mörder morgen mörtel motiv motor "
    "mühle müll multi mund münze muschel museen museum musik musiker muskel muster mut mutation mutter mütze "
    "nabe nachbar nacherfüllung nachfolge nachfolger nachfrage nachlass nachmittag nachricht nacht nachweis "
    "nachwuchs nadel nagel naht name namen namens nase national natur nebel neben negativ nennwert nerv nest "
    "netto netz netzwerk neubau niederlage niederlassung niederschlag niet niveau nocken nominal nord norm "
    "not notar note notiz notruf nudel null nummer nuss nutz nutzen nutzer nutzung ober oberfläche objekt "
    "objektiv obst ofen offen offizier öffnung ohr öko öl olympia online oper operation operator opfer optik "
    "option orchester orden order ordner ordnung organ organisation orgel orientierung original ort ost osten "
    "ozon paar pacht paket palast palette palme panne panzer papier pappe papst parade parallel parameter "
    "park parkett parlament partei partie partition partner partnerschaft party pass passage passagier patent "
    "patient pauschal pause pech pegel pelz pension periode person personal perspektive pfad pfahl pfand "
    "pfändung pfanne pfarrer pfeffer pfeife pfeil pfeiler pferd pfette pflanze pflaster pflege pfleger "
    "pflicht pfosten pfund phantasie phase philosophie physik pilot pilz pinsel pirat pistole pixel plakat "
    "plan planer planet planung plastik platte plattform platz pleuel plus pokal politik politiker politur "
    "polizei polizist polster pool port portal porto portrait porträt position post posten potenzial "
    "präferenz praktikum prämie präparat präsentation präsenz präsident praxis predigt preis presse priester "
    "primär prinz prinzip priorität privat probe problem produkt produktion produzent professor profil "
    "prognose programm programmierung projekt protein protest protokoll provision prozedur prozent prozess "
    "prozessor prüf prüfer prüfling prüfung psycho psychologie publikum puder puffer pult pulver pumpe punkt "
    "puppe putz quadrat qualität quartal quell quelle quer quittung quote rabatt rad radar räder radio radweg "
    "rahmen rampe rand rang rasen rassen raster rat rate raten ratgeber rätsel raub rauch raum raupe rausch "
    "reaktion reaktor realität recherche rechner rechnung recht rechte rechtfertigen recycling redakteur "
    "redaktion rede reduktion reeder reederei referat referent reform regal regel regelung regen regie "
    "regierung regierungs region regional register regler regulierung reh reibung reichtum reichweite reifen "
    "reihe reiniger reinigung reinigungs reise reiter reiz reklamation religion renn rennen rente renten "
    "reparatur report reporter republik reserve residenz ressource rest restaurant resultat retoure retter "
    "rettung rettungs revier revision revolution rezept rhein rhythmus richter richtlinie richtung riemen "
    "riese rind rinder ring risiko riss ritt ritter ritual roboter rock roggen rohr röhre rohstoff roll rolle "
    "roller roman röntgen rost rot rotor route routine rüben rück rücken rückgabe rücklage rückstand "
    "rückstellung rücktritt ruf ruhe ruine rumpf rund runde rundfunk rüstung rutsch saal saat sache sachen "
    "sack saft säge saison salat salbe saldo salon salz samen sammler sammlung samstag samt sand sänger "
    "sanierung sarg satellit sattel satz satzung sauerstoff säule säure scan scanner schacht schachtel schad "
    "schädel schaden schädling schaf schaffung schale schall schalt schalter schaltfläche schaltung schalung "
    "schar schatten schatz schätzung schau schauer schaufel schaum scheck scheibe scheidung schein schema "
    "schenkung schere scherz schicht schicksal schieber schiene schiff schild schilder schimmel schirm "
    "schlacht schlaf schlag schlamm schlange schlauch schleier schleif schleife schleifer schleim schleuse "
    "schließ schlitten schloss schlosser schlucht schluss schlüssel schmelz schmerz schmied schmiede schmier "
    "schmuck schmutz schnabel schnecke schnee schneide schneider schnell schnitt schnittstelle schnur schock "
    "schoko schokolade schornstein schräg schrank schranke schraube schrei schreib schreiben schreiber "
    "schreibtisch schrift schriftsteller schritt schrott schub schuh schuld schuldner schule schüler "
    "schülerinnen schulter schulung schuppen schuss schüssel schutz schütze schwamm schwankung schwanz "
    "schwarz schwein schweine schweiß schweißer schweiz schwelle schwer schwerpunkt schwert schwester schwimm "
    "schwimmer schwung see seele segel segment seide seife seil seite sekt sektor sekunde sekunden selbst "
    "semester seminar senat sende sender sendung senf senioren senken sensor serie server service sessel "
    "sicherheits sicht sieb siedlung sieg siegel sieger signal signatur silber silo simulation sitte sitz "
    "sitzung skala skandal ski sklave skript software sohle sohn solar soldat solo sommer sonder song sonne "
    "sonntag sorge sorte sozial spachtel spalt spalte spange spann spannung spar sparkasse sparren spaß spät "
    "spediteur spedition speicher speise spende sperre spezial spezies spezifikation spiegel spiel spieler "
    "spindel spinne spion spirale spital spitze sport sportler sprache sprech sprecher spreng spring spritze "
    "spruch sprung spule spülung spur staat staats stab stadion stadt staffel stahl stall stamm stand "
    "standard standort stange stanze stapel stapler start station statistik status stau staub stecker steg "
    "steigerung stein stelle stellung stempel sterbe stern steuer steuerung stich stichprobe stiefel stiel "
    "stift stiftung stil stimme stimmung stipendium stock stoff stollen stopp store störung strafe strafzoll "
    "strahl strahler strahlung strand strang straße strategie strecke streifen streik streit stress streu "
    "strich string stroh strom strömung struktur stube stück student studie studio studium stufe stuhl stunde "
    "sturm sturz stütze stutzen substanz subvention such suche sucht süd südost summe sumpf suppe support süß "
    "symbol syntax system szene tabak tabelle tabulator tafel tag tagung takt tal talent tank tanne tante "
    "tanz tänzer tapete tarif tasche tasse tastatur taste tat täter tatsache taube taucher tausch taxi team "
    "technik techniker technologie tee teich teig teil teilnehmer teilung telefon telekommunikation teller "
    "tempel temperatur tempo tennis teppich termin terminal test testament teufel text theater thema theorie "
    "therapie thron ticket tief tiefe tiegel tier tilgung tinte tischler titel tochter tod ton tonne topf tor "
    "torte tour tourismus tourist tracht tradition trage träger trainer training traktor transparenz "
    "transport transporter traube trauer traum treff treffen treib treiber trend trenn trennung treppe "
    "trichter trick trieb trink trinker tritt trocken trockner trommel tropen tropfen trost truhe trupp "
    "truppe truppen tuch tücher tugend tunnel tür turbine turm turn turnier tüte typ übergang übersetzung "
    "übersicht überwachung überweisung übung ufer uhr umbau umbruch umfang umfeld umfrage umgebung umlage "
    "umlauf umleitung umsatz umschlag umsetzung umwelt umzug umzugehen unfall unfallverhütung unglück uni "
    "union universität unkraut unterhalt unterhalts unterkunft unterlage unternehmen unternehmer unterricht "
    "unterschied unterschrift unterstützung untersuchung untersuchungs uran urheber urheberrecht urkunde "
    "urlaub ursache ursprung urteil variable variante vater ventil veränderung veranstaltung verantwortung "
    "verarbeitung verband verbindung verbot verbrauch verbraucher verbrechen verbrecher verdacht verein "
    "vereinbarung verfahren verfall verfassung verfolgung vergabe vergaser vergleich vergnügen vergütung "
    "verhalten verhältnis verhandlung verjährung verkauf verkäufer verkehr verlag verlauf verleih verletzte "
    "verletzung verlust vermessung vermittlung vermögen vernunft verordnung verpackung verpackungs "
    "verpflichtung versammlung versand verschluss versicherung version versorgung verspätung verstand "
    "verständigung verständnis versuch verteidigung verteiler verteilung vertrag vertreter vertretung "
    "vertrieb verwalter verwaltung verweis verwendung verzeichnis verzögerung verzollung verzug video vieh "
    "viertel villa virus vogel volk völker vollmacht vollstreckung vollzug volumen voraussetzung vorbereitung "
    "vorder vordergrund vorführung vorgabe vorgang vorhaben vorhang vorjahr vorlage vormund vorrat "
    "vorrichtung vorschau vorschlag vorschrift vorsicht vorsitz vorsitzende vorsorge vorstand vorstellung "
    "vorteil vortrag vorwahl vorwurf vorzug vorzugehen vulkan waage wache wachs wachsend wachstum wacht "
    "wächter waffe wagen wahl wähler wahn wahrheit wahrnehmung währung wald wälder wall walze wand wandel "
    "wander wanderung wange wanne wappen ware waren wärme warn warnung wart wärter warteschlange wartung "
    "wartungs wäsche wasser watt web weber wechsel weg wege wehr weiber weich weide weihnacht weihnachten "
    "wein weiß weit weiter weiterbildung weizen welle welt wend wende werb werbung werk werkbank werker "
    "werkstatt werkstoff werkzeug wert wesen west weste wett wettbewerb wetter wettkampf wickel widerruf "
    "widerstand wiedergabe wiederholung wiese wiki wild wille willens wind winkel winter wirbel wirkung wirt "
    "wirtschaft wissen wissenschaft wissenschaftler witwe witz woche wochenende wohl wohn wohnung wohnungs "
    "wolf wolke wolle wolltest wort wörter wunde wunder wunsch würde würdigung wurf würfel wurm wurst wurzel "
    "wüste zahl zahlen zahler zahlung zahn zange zauber zaun zeche zehn zeichen zeichnung zeiger zeile zeit "
    "zeitpunkt zeitraum zeitschrift zeitung zelle zelt zement zentral zentrale zentren zentrum zertifikat "
    "zettel zeug zeuge zeugen zeugnis ziege ziegel zieh zieher ziel ziffer zigarette zimmer zink zinn zins "
    "zinsen zirkel zirkus zitrone zivil zoll zone zubehör zubringer zucht zucker zuckerrübe zufall zufuhr zug "
    "zugang zugegangen zugegriffen zugemacht zugeschlagen zugeschnitten zugesehen zugestanden zugetragen "
    "zugewiesen zugriff zugrunde zuhörer zukunft zulage zulassung zunahme zünder zündung zunge zuordnung "
    "zusage zusammenarbeit zusammenfassung zusammenhang zusatz zuschauer zuschlag zuschuss zustand "
    "zuständigkeit zustimmung zuteilung zutritt zuwachs zuwanderung zuweisung zwang zwangs zweck zwei zweifel "
    "zweig zweit zwiebel zwilling zwirn zwischen zyklus zylinder"
)
"""Nouns and first parts that many German compounds are made of, chosen for this purpose. Compounds among them stay whole, and
so do words that are none although they look like one (`gemeinsam`)."""


def parts(form: str) -> tuple[str, ...]:
    """Return the parts of a form: what stands before, between and after the borders of its words; none for most forms."""
    borders = _borders(form)
    if not borders:
        return ()
    found = [form[a:b] for a, b in pairwise((0, *borders, len(form)))]
    for at in borders:
        found += [form[:at], form[at:]]
    return tuple(dict.fromkeys(found))


def _borders(form: str) -> tuple[int, ...]:
    """Return where the words of a compound begin, but for the first; nothing if the form is none."""
    if not (_SHORTEST <= len(form) <= _LONGEST and form.isascii() and form.isalpha()):
        return ()
    level: list[tuple[int, ...]] = [()]
    seen: set[int] = set()
    while level:
        following = []
        for before in level:
            for at in _ends(form, before[-1] if before else 0):
                if at in seen:
                    continue
                if _is_end(form[at:]):
                    return () if _is_end(form) else (*before, at)
                seen.add(at)
                following.append((*before, at))
        level = following
    return ()


def _ends(form: str, start: int) -> list[int]:
    """Return where a word that begins at `start` may end, the last place first."""
    known = _beginnings()
    return [
        at
        for at in range(len(form) - _SHORTEST_PART, start + _SHORTEST_PART - 1, -1)
        if form[start:at] in known or (form[at - 1] == "s" and _DERIVED.fullmatch(form, start, at))
    ]


def _is_end(rest: str) -> bool:
    """Tell whether a word may be the last one of a compound."""
    words = known_words()
    endings = _ENDINGS.get(rest[-1], ())
    return rest in words or any(rest.endswith(end) and rest[: -len(end)] in words for end in endings)


@cache
def known_words() -> frozenset[str]:
    """Return the words of the list as forms."""
    return frozenset(map(fold, WORDS.split()))


@cache
def _beginnings() -> frozenset[str]:
    """Return what a compound may begin with: words with a link, and `schul` of `schule`."""
    words = known_words()
    shortened = {
        w[:-1] for w in words if len(w) > _SHORTEST_PART + 1 and w.endswith("e") and not w.endswith("ie")
    }
    return frozenset(
        [word + link for word in words for link in _LINKS]
        + [word + link for word in shortened for link in ("", "s")]
    )
