"""Lists of hand-in times: in several languages, behind what programs put first, and what is no such list."""

from zoneinfo import ZoneInfo

import pytest

from nbviva.errors import CourseError
from nbviva.handin.people import Person
from nbviva.handin.worksheet import read_worksheet

BERLIN = ZoneInfo("Europe/Berlin")
ENGLISH = "Identifier,Full name,Email address,Status,Group,Grade,Last modified (submission),Last modified (grade)\n"
SHEETS = {
    "en": ENGLISH + 'Participant 11,Ann Doe,a@x.org,Submitted,Gruppe 5,,"Friday, 5 January 2024, 9:15 AM",-\n',
    "de": "ID,Vollständiger Name,E-Mail-Adresse,Status,Gruppe,Bewertung,Zuletzt geändert (Abgabe)\n"
    'Teilnehmer/in11,Ann Doe,a@x.org,Abgegeben,Gruppe 5,,"Freitag, 5. Januar 2024, 09:15"\n',
    "fr": "Identifiant;Nom complet;Adresse de courriel;Statut;Groupe;Note;Dernière modification (travail remis)\n"
    "Participant 11;Ann Doe;a@x.org;Remis;Gruppe 5;;vendredi 5 janvier 2024, 09:15\n",
    "another": "Identyfikator\tName\tMail\tStatus\tTeam\tOcena\tOstatnio\n"
    "Uczestnik 11\tAnn Doe\ta@x.org\tx\tGruppe 5\t\tpiątek, 5 stycznia 2024, 09:15\n",
}
SHEETS["sep"] = "sep=,\r\n" + SHEETS["en"]
SHEETS["title"] = "Course: Toys, spring\n\n" + SHEETS["de"]


@pytest.mark.parametrize("language", SHEETS)
def test_worksheet_is_read_in_any_language(tmp_path, language):
    (tmp_path / "w.csv").write_text(SHEETS[language], "utf-8-sig")
    (line,) = read_worksheet(tmp_path / "w.csv", BERLIN).lines
    assert ("Ann Doe", "a@x.org", "Gruppe 5") == (line.person.name, line.person.email, line.group)
    assert "2024-01-05T08:15:00+00:00" == line.moment.isoformat()
    assert ("Participant 11" if language != "another" else "") == line.person.lms


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "There is no file"),
        ("", "is no grading worksheet"),
        ("First name,Surname,Email address,Total\nAnn,M,a@x.org,5\n", "its columns are: First name, Surname, Email"),
        (ENGLISH.replace("Last modified (submission)", "When") + "Participant 1,A,,,,,-,-\n", "no column with hand-in"),
        ("Group,Time\ng1,5/1/2024 10:00\n", "'5/1/2024 10:00' may be two days"),
        ("Time\n2024-01-05 10:00\n", "none that names people or groups"),
    ],
)
def test_what_is_no_list_of_times_is_one_sentence(tmp_path, text, words):
    if text is not None:
        (tmp_path / "w.csv").write_text(text)
    with pytest.raises(CourseError) as caught:
        read_worksheet(tmp_path / "w.csv", BERLIN)
    assert words in str(caught.value)
    assert str(caught.value).endswith("Nothing was collected.")


def test_order_of_numbers_is_told_by_the_whole_column(tmp_path):
    (tmp_path / "w.csv").write_text("Group,Time\ng1,5/1/2024 10:00\ng2,31/1/2024 10:00\n")
    sheet = read_worksheet(tmp_path / "w.csv", BERLIN)
    assert [(1, 5), (1, 31)] == [(line.moment.month, line.moment.day) for line in sheet.lines]


def test_people_are_found_by_what_is_known_of_them(tmp_path):
    (tmp_path / "w.csv").write_text("Name,ID number,Login,Time\nAnn Doe,0012345,ann,2024-01-05 10:00\nBob,,,\n")
    sheet = read_worksheet(tmp_path / "w.csv", BERLIN)
    known = [Person("doe, ann"), Person(number="0012345"), Person(login="ANN"), Person("Bob"), Person("Zoe"), Person()]
    assert [True, True, True, False, False, False] == [sheet.time_of("x", "", [person]) is not None for person in known]
