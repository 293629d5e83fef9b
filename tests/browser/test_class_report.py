"""The class report in a real browser, from the file system: drawn, sorted, filtered, followed, and readable by all."""

import pytest

WIDTHS_AND_SCHEMES = [(1200, "light"), (1200, "dark"), (360, "light"), (360, "dark")]


@pytest.fixture
def open_report(visit):
    """Open a course's class report and wait for its charts."""

    def opened(course, name="index.html", **how):
        made = visit((course.root / "reports/toy" / name).as_uri(), **how)
        made.page.wait_for_function("document.documentElement.dataset.drawn")
        return made

    return opened


def column(page, number):
    """Give the texts of a column of the table of hand-ins."""
    return page.locator(f"#handins tbody tr > :nth-child({number})").all_inner_texts()


def numbers(page, title):
    """Give the numbers in the column with this heading, in the table's order."""
    heads = [text.strip() for text in page.locator("#handins thead button").all_inner_texts()]
    return [float(text) for text in column(page, heads.index(title) + 1) if text not in ("-", "·")]


@pytest.mark.parametrize(("width", "scheme"), WIDTHS_AND_SCHEMES)
def test_every_chart_is_drawn_and_all_of_it_can_be_read(open_report, large, width, scheme):
    made = open_report(large, width=width, scheme=scheme)
    assert made.page.locator(".chart").count() == made.page.locator(".chart > svg").count() > 6
    assert made.page.evaluate("document.documentElement.scrollWidth") <= width
    assert [] == made.violations()


def test_faults_of_our_own_stand_first(open_report, large):
    page = open_report(large).page
    assert "Our own check failed" in page.locator("main details.fault summary").first.inner_text()
    first, second = (page.locator(f"#{name}").bounding_box()["y"] for name in ("look", "points"))
    assert first < second


def test_click_on_a_heading_sorts_by_its_numbers(open_report, large):
    page = open_report(large).page
    heading = page.get_by_role("button", name="seconds")
    heading.click()
    assert numbers(page, "seconds") == sorted(numbers(page, "seconds"), reverse=True)
    assert "descending" == page.locator("#handins th[data-key=seconds]").get_attribute("aria-sort")
    heading.click()
    assert numbers(page, "seconds") == sorted(numbers(page, "seconds"))


def test_filters_leave_the_rows_that_were_asked_for(open_report, large):
    page = open_report(large).page
    page.get_by_label("Find").fill("g03")
    assert "1 of 60 hand-ins" == page.locator("#shown").inner_text()
    page.get_by_label("Find").fill("")
    page.get_by_label("Status").select_option("not marked yet")
    assert ["g18"] == [text.split("\n")[0] for text in column(page, 1)]
    page.get_by_label("Status").select_option("")
    page.get_by_label("late only").check()
    assert all(minutes > 0 for minutes in numbers(page, "late (min)"))
    assert 0 < len(column(page, 1)) < 60


def test_dragging_across_a_chart_filters_the_table(open_report, large):
    page = open_report(large).page
    chart = page.locator("#chart-points svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.97 * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    page.locator("#range").wait_for(state="visible")
    shown = numbers(page, "points")
    assert 0 < len(shown) < 60
    assert min(shown) > 3
    page.get_by_role("button", name="Show all again").click()
    assert "60 of 60 hand-ins" == page.locator("#shown").inner_text()


def test_link_leads_to_the_groups_feedback(open_report, marked):
    page = open_report(marked).page
    page.locator("#handins").get_by_role("link", name="g02").click()
    page.wait_for_url("**/feedback/g02/toy/toys.html")
    assert "Half of seven" in page.inner_text("body")


def test_what_is_shown_can_be_saved(open_report, large, tmp_path):
    page = open_report(large).page
    page.get_by_label("Find").fill("g04")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save what is shown").click()
    lines = saved.value.path().read_text("utf-8-sig").splitlines()
    assert ['"hand-in"', '"g04"'] == [line.split(",")[0] for line in lines]


def test_marks_can_be_downloaded_from_the_page_itself(open_report, marked):
    page = open_report(marked).page
    with page.expect_download() as saved:
        page.get_by_role("link", name="toy-marks.csv").click()
    text = saved.value.path().read_text("utf-8-sig")
    assert "Ann Müller" in text
    assert "matriculation number" in text.splitlines()[0]


def test_anonymous_page_has_no_link_that_tells(open_report, large):
    page = open_report(large, "anonymous.html").page
    links = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    assert [] == [link for link in links if not link.startswith(("#", "data:text/csv"))]
    assert set() == set(large.groups("toy")) & set(page.inner_text("main").split())


def test_table_is_there_without_a_mouse(open_report, marked):
    page = open_report(marked).page
    page.locator("#handins thead button").first.focus()
    page.keyboard.press("Enter")
    assert "ascending" == page.locator("#handins th[data-key=group]").get_attribute("aria-sort")


def test_class_is_worked_through_by_keyboard(open_report, large):
    page = open_report(large).page
    page.locator("#questions").get_by_role("link", name="1.1 Doubling").focus()
    page.keyboard.press("Enter")
    assert "1.1 Doubling: g18" == page.locator("#walk-head").inner_text()
    page.keyboard.press("n")
    assert page.locator("#walk-kind").inner_text().startswith("wrong answer 1 of ")
    first = page.locator("#walk-told").inner_text()
    page.keyboard.press("w")
    assert page.locator("#walk-kind").inner_text().startswith("wrong answer 2 of ")
    assert first != page.locator("#walk-told").inner_text()
    page.keyboard.press("p")
    assert page.locator("#walk-kind").inner_text().startswith("wrong answer 1 of ")
    page.keyboard.press("]")
    assert page.locator("#walk-head").inner_text().startswith("1.2 Half of seven: ")
    page.keyboard.press("End")
    assert "hand-in 60 of 60" == page.locator("#walk-place").inner_text()


def test_keys_do_nothing_outside_of_their_part(open_report, large):
    page = open_report(large).page
    page.get_by_label("Find").fill("n")
    before = page.locator("#walk-place").inner_text()
    page.locator("#handins thead button").first.press("n")
    assert before == page.locator("#walk-place").inner_text()


def test_way_leads_to_feedback_formgrader_and_back(open_report, marked):
    made = open_report(marked)
    page = made.page
    page.locator("#questions").get_by_role("link", name="1.2 Half of seven").click()
    links = page.locator("#walk-links a")
    assert ["Feedback (f)", "Formgrader (g)", "Audit (a)"] == links.all_inner_texts()
    assert links.nth(0).get_attribute("href").endswith("/toy/toys.html#question-half")
    assert "/formgrader/submissions/" in links.nth(1).get_attribute("href")
    page.keyboard.press("n")
    here = page.locator("#walk-head").inner_text()
    page.reload()
    page.wait_for_function("document.documentElement.dataset.drawn")
    assert here == page.locator("#walk-head").inner_text()


def test_table_of_hand_ins_stands_above_what_was_measured_and_nothing_is_folded_in_print(open_report, large):
    page = open_report(large).page
    table, measured = (page.locator(f"#{name}").bounding_box()["y"] for name in ("all", "measured"))
    assert table < measured
    page.emulate_media(media="print")
    hidden = "all => all.filter(one => !one.checkVisibility({contentVisibilityAuto: true})).length"
    assert page.locator("details").count() > 3
    assert 0 == page.eval_on_selector_all("details li, details a", hidden)


def test_what_is_the_same_for_all_is_said_once(open_report, marked):
    page = open_report(marked).page
    assert "The same for all: sandbox bubblewrap, cgroup." == page.locator("#same").inner_text()
    assert "sandbox" not in page.locator("#handins thead").inner_text()
