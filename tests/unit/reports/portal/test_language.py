"""What the portal says, it says in Arabic too, with the same values put in."""

import re

from babel.messages.extract import extract_from_dir

from reports.portal.language import Words, catalogue
from reports.portal.places import HERE

METHODS = [("**.html", "jinja2"), ("**.py", "python")]
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
PLACED = re.compile(r"%\(\w+\)s")


def messages():
    found = extract_from_dir(HERE, METHODS, OPTIONS, KEYWORDS)
    return {(text if isinstance(text, str) else tuple(text)): f"{file}:{line}" for file, line, text, _, _ in found}


def test_every_sentence_has_an_arabic_one():
    arabic = catalogue("ar")
    told = messages()
    assert len(told) > 50
    missing = []
    for text, where in told.items():
        entry = arabic.get(text if isinstance(text, str) else text[0])
        said = (entry.string if isinstance(entry.string, tuple) else (entry.string,)) if entry else ("",)
        if not all(said):
            missing.append(f"{where}: {text}")
    assert missing == []


def test_no_arabic_sentence_is_left_of_one_that_is_gone():
    told = {text if isinstance(text, str) else text[0] for text in messages()}
    kept = {entry.id if isinstance(entry.id, str) else entry.id[0] for entry in catalogue("ar") if entry.id}
    assert kept - told == set()


def test_an_arabic_sentence_takes_the_same_values():
    for entry in catalogue("ar"):
        if isinstance(entry.id, str) and entry.id:
            assert sorted(PLACED.findall(entry.id)) == sorted(PLACED.findall(entry.string))


def test_what_is_put_in_is_escaped():
    assert Words("ar").gettext("Good to see you, %(name)s", name="<b>") == "أهلا بك، &lt;b&gt;"
    assert Words("en").gettext("<i>") == "&lt;i&gt;"


def test_arabic_has_its_six_plurals():
    days = {n: Words("ar").ngettext("%(num)s day left", "%(num)s days left", n) for n in (0, 1, 2, 3, 11, 100)}
    assert len(set(days.values())) == 6
    assert (days[1], days[2]) == ("يتبقى يوم واحد", "يتبقى يومان")
