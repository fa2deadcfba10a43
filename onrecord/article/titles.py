"""Titles that stand before a name, shortened: what cuts sentences, finds speakers and tells names shares this list."""

TITLES = tuple(
    """Mr Mrs Ms Mx Messrs Mme Mlle Dr Drs Prof St
    Sen Sens Rep Reps Gov Govs Pres Sec Amb Hon Atty Asst Cllr Ald Supt Insp Det Const Del Dep Adv
    Gen Lt Col Maj Capt Sgt Cpl Pfc Pvt Pte Spc Brig Adm Cmdr Cdr Comdr Flt Sqn Wg Gp Ens Cmdt Comdt
    Rev Revd Fr Msgr Mgr Ven Br
    Smt Shri Shr Sri Kum Md Mohd Er Eng Engr""".split()  # anybody; offices; ranks; clergy; India to Arabia
)
_STATES = ("Md", "Del")  # behind a comma the same letters are a state: "in Bowie, Md."
PATTERN = rf"\b(?:(?<!,\s)(?:{'|'.join(_STATES)})|{'|'.join(sorted({*TITLES} - {*_STATES}, key=len, reverse=True))})"
