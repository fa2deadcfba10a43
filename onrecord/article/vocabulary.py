"""The words by which frames.py knows who said it: verbs of saying, those who say things, what ends a noun phrase."""


def words(*lines: str) -> frozenset[str]:
    """The words of these lines."""
    return frozenset(word for line in lines for word in line.split())


def _forms(*lines: str) -> dict[str, str]:
    """Form -> "base", "s", "past" (the participle too) or "ing", of verbs. An irregular past stands behind a slash."""
    forms: dict[str, str] = {}
    for entry in words(*lines):
        lemma, _, past = entry.partition("/")
        stem = lemma.removesuffix("e")
        consonant_y = lemma.endswith("y") and lemma[-2] not in "aeiou"
        root = lemma[:-1] + "i" if consonant_y else lemma
        third = f"{root}es" if root != lemma or lemma.endswith(("s", "sh", "ch")) else f"{lemma}s"
        forms |= {lemma: "base", third: "s", past or f"{root.removesuffix('e')}ed": "past", f"{stem}ing": "ing"}
    return forms


# --- verbs, by what must follow them ---
VERBS = {
    "say": _forms("say/said"),
    "tell": _forms("tell/told assure inform notify remind"),
    "speak": _forms(  # nothing but speech: "warned of war"
        "warn reply testify remark tweet acknowledge caution complain insist argue assert contend concede quip/quipped",
        "vow pledge boast reiterate stress emphasize emphasise allege joke lament retort opine confide reckon disagree",
        "speak/spoke",
    ),
    "state": _forms(  # speech if what follows is said: "added that", not "added 300 stores"
        "add announce note claim explain state confirm report predict declare suggest maintain write/wrote post recall",
        "observe conclude repeat respond promise agree estimate disclose reveal propose recommend confess affirm",
        "counter comment indicate clarify recount admit/admitted rule signal believe remember",
    ),
    "ask": _forms("ask"),
    "hold": _forms("hold/held submit/submitted"),  # of a court and before it: "held that"
    "cry": _forms(  # behind a quotation only
        "shout yell cry whisper mutter exclaim chant gush growl sigh thunder deadpan reason muse grumble murmur mumble",
        "bellow roar scream shriek sob groan moan snap/snapped snarl crow rue instruct text laugh chuckle smile shrug",
        "grin/grinned",
    ),
    "deny": _forms("deny reject dispute dismiss refute rebut/rebutted rebuff repudiate contest disavow refuse"),
    "accuse": _forms("accuse blame"),
    "judge": _forms(
        "criticize criticise condemn denounce slam/slammed blast praise decry deplore applaud lambast hail"
    ),
    "urge": _forms("urge implore exhort"),
    "demand": _forms("demand"),
    "call": _forms("call describe characterize characterise brand term appeal"),
    "find": _forms("find/found show"),  # of a study
}
FORMS = {form: (kind, inflexion) for kind, forms in VERBS.items() for form, inflexion in forms.items()}
PHRASAL = {  # verb and particle -> the kind it belongs to
    **dict.fromkeys([("shot", "down"), ("pushed", "back"), ("pushing", "back"), ("brushed", "off")], "deny"),
    **dict.fromkeys([("brushed", "aside"), ("waved", "away"), ("batted", "away")], "deny"),
    **dict.fromkeys([("ruled", "out"), ("rules", "out"), ("rule", "out")], "judge"),
    **dict.fromkeys([("pointed", "out"), ("points", "out"), ("point", "out")], "state"),
    **dict.fromkeys([("hit", "back"), ("shot", "back"), ("went", "on"), ("chimed", "in")], "cry"),
}
HOMOGRAPHS = words(  # forms that are nouns too
    "reports report claims claim states state notes note promises promise demands demand charges blame praise calls",
    "call comments comment estimates estimate posts post joke jokes shows show cries cry counter counters contest",
    "contests dispute disputes reply replies remark remarks tweet tweets complaint stress vow vows pledge pledges",
    "boast boasts reveals slam blast hail urge finds find lament laments quip quips refuse caution whisper shout chant",
    "address reason reasons text texts brand brands term terms appeal appeals moan laugh smile shrug groan",
)
OF_QUOTATIONS = words("say tell speak state cry urge demand ask")  # kinds that may stand beside a quotation
INVERTED = words("say tell speak state cry ask")  # before their subject: "said Ann Roe"
INSERTED = words("say tell speak state")  # between commas
ABOUT_OTHERS = words("accuse judge find call")  # whoever speaks next may be another

# --- what follows verbs ---
LIVED_THROUGH = words("hearing seeing feeling smelling watching being having finding thinking")  # "recalled hearing"
UNSAID = words("nothing little much anything so by goodbye hello volumes")  # "said nothing"
UNTOLD = words("by you apart of to in on at") | {""}
TALES = words("story stories truth lie lies tale tales time difference jokes")
GOVERNED = {  # how verbs begin -> what they take beside a clause
    "warn": "of against about",
    **dict.fromkeys(("speak", "spoke"), "of"),
    "insist": "on",
    "vow": "to",
    "pledg": "to anything",
    "promis": "to anything",
    "complain": "of about",
    "boast": "of about",
    "joke": "about",
    "argue": "for against",
    "testif": "before in to on at",
    "announc": "plans a an the its his her their",
    **dict.fromkeys(words("acknowledg conced stress emphasi reiterat assert alleg lament admit confess"), "anything"),
}
VERDICTS = words(
    "a an false baseless unfounded untrue absurd unfair illegal ridiculous groundless arbitrary"
)  # called it ...
IN_PASSING = words("to when as while and he she they him her them us it")  # in "the mayor said when asked about it,"
GOES_ON = words("who as when while after until since and but where that which whose")  # behind "said Ann Roe"
BENCHES = words(
    "court courts judge judges justices senate parliament council assembly house jury tribunal magistrate commission",
    "board voters lawmakers legislators deputies committee congress shareholders panel",
)
RULED_ON = words(  # a court that rejects a claim rules
    "charge charges claim claims complaint complaints call calls plan plans report demand demands it them argument",
    "arguments those conclusion conclusions",
)
DENIABLE = words(  # and not "the appeal" or "300 workers"
    "accusation accusations allegation allegations assertion assertions charge charges claim claims report reports",
    "rumor rumors rumour rumours suggestion suggestions speculation criticism criticisms idea notion account accounts",
    "version complaint complaints wrongdoing involvement role guilt responsibility knowledge contention contentions",
    "argument arguments conclusion conclusions finding findings figure figures it that this them those everything all",
    "any having being characterization characterisation comparison comparisons concerns concern manslaughter murder",
    "rape assault fraud theft bribery perjury corruption fears talk story stories calls call demand demands link links",
    "connection ties plans plan intent intention comments remarks statement statements narrative theory theories",
    "description portrayal insinuation insinuations implication lie lies nonsense knowing doing taking making",
    "receiving giving using trying harming meeting ever wrong reporting media",
)

# --- those who say things ---
PRONOUNS = words("he she they it i we")
PEOPLE = words(
    "commissioner commissioners people person persons man men woman women boy boys girl girls child children mother",
    "father parents parent brother brothers sister sisters son sons daughter daughters wife husband widow widower",
    "uncle aunt cousin cousins family relatives relative friend friends colleague colleagues neighbor neighbors",
    "neighbour neighbours niece nieces nephew nephews grandmother grandfather granddaughter grandson grandparents",
    "bride groom fiance fiancee stepmother stepfather couple twins heir heirs official officials authorities authority",
    "police prosecutor prosecutors investigator investigators aide aides ally allies critic critics source sources",
    "witness witnesses resident residents expert experts analyst analysts economist economists chief chiefs boss",
    "bosses head heads chairman chairmen chairwoman chairperson chair executive executives president presidents",
    "secretary secretaries minister ministers premier chancellor governor governors mayor mayors king queen prince",
    "princess pope bishop bishops archbishop cardinal priest priests pastor pastors imam rabbi monk nun vicar senator",
    "senators congressman congresswoman congressmen representative representatives delegate delegates deputy deputies",
    "councillor councillors councilman councilwoman lawmakers lawmaker legislator legislators candidate candidates",
    "democrats democrat republicans republican conservatives liberals activists activist campaigners campaigner",
    "protesters opponents opponent supporters supporter backers rivals rival rebels rebel guard guards general",
    "generals colonel captain captains major sergeant commander commanders soldier soldiers troops officer officers",
    "sheriff detective coroner detectives inspector inspectors judge judges justice justices juror jurors magistrate",
    "lawyer lawyers attorney attorneys counsel solicitor barrister defendant defendants plaintiff plaintiffs victim",
    "victims survivor survivors suspect suspects doctor doctors nurse nurses surgeon surgeons physician physicians",
    "patient patients scientist scientists researcher researchers professor professors scholar scholars historian",
    "historians teacher teachers student students pupil pupils coach coaches player players goalkeeper striker fans",
    "fan owner owners director directors manager managers founder founders cofounder spokesman spokeswoman",
    "spokesperson spokesmen spokespeople spokespersons adviser advisers advisor advisors assistant envoy envoys",
    "ambassador ambassadors diplomat diplomats negotiator negotiators mediator mediators worker workers employee",
    "employees staff trader traders investor investors dealer dealers shareholder shareholders lender lenders banker",
    "bankers broker brokers buyer seller farmer farmers fisherman fishermen groundsman driver drivers pilot pilots",
    "passenger passengers tourist tourists villager villagers grower growers engineer engineers architect artist",
    "author authors writer writers novelist poet journalist journalists reporter reporters editor editors columnist",
    "commentator commentators blogger host hosts anchor pollster pollsters strategist strategists consultant",
    "consultants forecaster forecasters meteorologist meteorologists astronomers firefighters firefighter rescuers",
    "organizer organizers organiser organisers leader leaders member members chef singer actor actress composer",
    "conductor curator librarian landlord tenant tenants homeowner homeowners shopkeeper customer customers client",
    "clients user users voter voters citizen citizens immigrant immigrants migrant migrants refugee refugees prisoner",
    "prisoners hostage hostages teenager youth veteran veterans guest speaker minority majority team crew panelist",
    "graduate clerk treasurer trustee trustees regulators regulator watchdog observers observer monitors monitor",
    "others whistleblower whistleblowers operator operators contractor contractors developer developers maker makers",
    "retailer retailers airline airlines automaker carmaker steelmaker drugmaker chipmaker publisher supplier",
    "suppliers manufacturer manufacturers leadership management insider insiders bystander bystanders onlookers",
    "nominee incumbent lieutenant forester biologist hydrologist surveyor assessor planner administrator",
    "superintendent principal provost dean rector ferrymen seaman sailors sailor miner miners hunters hiker climbers",
    "climber ranger rangers foreman steward stewards vet butcher baker auditor auditors actuary accountant notary mp",
    "mps mep meps ceo cfo publicist agent agents",
)
BODIES = words(
    "government governments administration ministry ministries department departments agency agencies bureau office",
    "council councils committee committees commission commissions panel board boards parliament assembly senate",
    "congress court courts tribunal union unions party parties group groups organization organizations organisation",
    "organisations company companies firm firms bank banks fund funds insurer insurers charity charities foundation",
    "institute institution university college school schools district hospital hospitals clinic church churches",
    "diocese museum theater theatre club clubs league federation association associations alliance coalition",
    "opposition campaign campaigns embassy consulate palace house authority service services force forces army navy",
    "military militia guard command network networks channel station broadcaster media press newspaper newspapers",
    "paper daily weekly magazine website site corporation corp inc operator utility utilities railway airline port",
    "city town state county province nation country countries industry sector lobby society chamber coastguard",
    "observatory delegation mission squad unit division cabinet kremlin pentagon regime junta secretariat academy",
    "conservancy registry orchestra exchange cooperative television tv radio household side sides brigade inquiry",
    "municipality trust trusts borough consortium investigation inspectorate watchdog lab laboratory center centre",
    "store chain",
)
DOCUMENTS = words(
    "report reports study studies survey surveys poll polls data figures statistics estimate estimates document",
    "documents record records papers paper filing filings indictment complaint lawsuit suit affidavit letter letters",
    "memo memos email emails e-mail e-mails transcript transcripts census analysis review audit index minutes",
    "statement statements article articles account accounts research findings assessment forecast brief petition",
    "warrant ruling order decision opinion authorities newsletter note release notice post tweet message messages",
    "communique communiqué declaration book memoir bulletin log logs tally results projections biography resolution",
    "testimony inquest inquiry",
)
STUDIES = words(  # they find and conclude
    "paper analysis researchers scientists study report inquiry review survey poll investigation audit panel studies",
    "surveys polls reports research",
)
SOURCES = PEOPLE | BODIES | DOCUMENTS
SPEECHLESS = words(  # they say things without having spoken, or are gone by
    "sign signs book books law laws rule rules plan plans need poster label clock schedule age weight custom tradition",
    "calendar map caption headline song saying bible constitution easier sooner enough well least",
)
ALONE = words("both others some many most several two three four five one another")  # "Others said"

# --- what ends a noun phrase, and what it may hold ---
BE = words("is are was were am be been being")
HAVE = words("has have had")
AUXILIARIES = BE | HAVE | words("do does did")
MODALS = words("would could can cannot may might will must should shall ought to let not never nor")
FINITE = (AUXILIARIES | MODALS) - words("to not never nor let ought")
JOINING = words("and but so yet or")
NOBODY = words(  # no subject that says anything
    "nobody none neither nothing no having being whoever whatever anyone anybody everyone someone who what which that",
    "this",
)
CLAUSE_WORDS = words("who which that if when because as where while")
STOPS = (
    AUXILIARIES
    | MODALS
    | JOINING
    | PRONOUNS
    | CLAUSE_WORDS
    | words(
        "you there here me him them us myself himself herself themselves itself whom whose what why how whether",
        "although though until till since unless than whereas lest once went came began begun became made took gave",
        "got saw knew thought felt kept left met paid led held stood ran won lost fell rose grew sold bought brought",
        "sent built broke chose drew drove ate fought found flew forgot heard hid hit hurt laid lay lent meant put",
        "quit read rode sang sat set shook shot shut slept spent spread stole struck swore taught threw wore woke",
        "wrote seen done gone known taken given said says say told tell seems seem seemed goes comes makes takes gives",
        "gets wants want needs remains remain become include includes",
    )
)
PREPOSITIONS = words(
    "of for at in from with on to by under near over through against among between during after before about into",
    "behind outside inside above below beyond across along around despite without within via per upon off toward",
    "towards amid following regarding concerning including versus like",
)
INNER = words("of for at in from with on to near by")  # may stand within a subject: "Officials at the port"
DETERMINERS = words(
    "a an the his her its their our my your this these those each every some any several many most few one two three",
    "four five six seven eight nine ten another other both all more no",
)
HOLDING = DETERMINERS | PREPOSITIONS  # behind them even a participle belongs to a noun: "the sacked drivers"
PARTICIPLES = words(  # they follow their noun: "two people familiar with the plan"
    "familiar close briefed seen obtained reviewed published released conducted commissioned held written led made",
    "based present involved aware able unable known born speaking responsible privy sent issued carried drawn wearing",
    "living",
)
PARTICLES = words("de van von der den al bin bint ibn ben ole la del du el")  # of a name
BESIDE = words("a an who whose which whom where when formerly now then aged")  # begin what stands beside a name
MEDIA = words(  # "in an interview" belongs to the saying, "in the capital" may belong to the noun
    "interview statement email e-mail letter speech court testimony report filing memo note telephone phone call tweet",
    "post message briefing conference release affidavit brief article broadcast video recording hearing lawsuit text",
    "address",
)

# --- times ---
DAYS = words("monday tuesday wednesday thursday friday saturday sunday yesterday today tonight tomorrow")
MONTHS = words(
    "january february march april may june july august september october november december jan feb aug sept oct nov",
    "dec",
)
FIRST_NAMES = words("jan april may june august")  # which are months too
DATING = DAYS | MONTHS | words("week month year night")  # without one of them, no time
TIMES = (
    DAYS
    | MONTHS
    | words("morning afternoon evening night week month year weekend noon midnight late early last earlier later")
)
OPENING_TIME = TIMES | words("this next")
BEFORE_DAY = words("last this late early earlier")
BEFORE_MONTH = BEFORE_DAY | words("in since next by until")

ADVERBS = words(
    "also later then now once again just still even already too earlier however meanwhile instead himself herself",
    "itself themselves often always ever only soon first both all each alone further therefore thus afterwards since",
    "anyway nevertheless nonetheless yesterday today tonight here there perhaps maybe",
)
_LY_NOUNS = words("family ally italy july reply assembly emily sally kelly billy molly supply daily weekly rally bully")


def is_adverb(word: str) -> bool:
    """Whether a word, in small letters, is an adverb beside a verb of saying."""
    return word in ADVERBS or (word.endswith("ly") and len(word) > 4 and word not in _LY_NOUNS)


def is_source(word: str) -> bool:
    """Whether a noun, in small letters, is one of those who say things: a person, a body or a document."""
    ends = ("sman", "smen", "woman", "women", "person", "people", "ologist", "ologists", "ographer", "ographers")
    return word in SOURCES or word.rpartition("-")[2] in SOURCES or word.endswith(ends)
