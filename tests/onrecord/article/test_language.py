"""What is plainly another language is told, and English never is."""

import tempfile

import pytest

from onrecord.article import language as language_module
from onrecord.article.language import foreign
from tests.conftest import ROOT

ENGLISH = (ROOT / "examples" / "article.txt").read_text(encoding="utf-8")
TEXTS = {
    "de": "Die Fähre zwischen dem Hafen und der Insel fällt neun Tage aus, teilte der Betreiber am Donnerstag mit. "
    "„Wir sind spät dran, das wissen wir“, sagte der Chef. Der Rat stimmt am Dienstag über einen Zuschuss ab.",
    "fr": "Le ferry entre le port et l’île s’arrêtera pendant neuf jours, a annoncé jeudi l’exploitant. « Nous sommes "
    "en retard », a déclaré le directeur. Le conseil votera mardi une subvention pour les habitants.",
    "es": "El transbordador entre el puerto y la isla dejará de circular durante nueve días, dijo el jueves la firma. "
    "«Vamos con retraso», dijo el director. El consejo votará el martes una subvención para los vecinos.",
    "ru": "Паром между портом и островом не будет ходить девять дней, сообщил в четверг оператор. «Мы опаздываем», — "
    "сказал директор компании. Во вторник совет проголосует за субсидию для жителей острова и города.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_another_language(language: str) -> None:
    assert foreign(TEXTS[language]) == language


def test_english_and_what_is_in_doubt() -> None:
    assert foreign(ENGLISH) is None and foreign("Die Fähre fällt aus.") is None and foreign("") is None
    assert foreign(ENGLISH + TEXTS["de"]) is None
    names = "Jiří Dvořák, Šárka Nováková, Émilie Caron and Ömer Çelik said that they will meet in Ústí nad Labem. "
    assert foreign(names * 3) is None


def test_a_full_temporary_directory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library unpacks its model there: `read` ended in a traceback, `score` named its input."""

    def full(**_: object) -> None:
        raise OSError(28, "No space left on device")

    language_module._identifier.cache_clear()
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match=r"temporary directory .* \(No space left on device\): make room, .* TMPDIR"):
        foreign(ENGLISH)
