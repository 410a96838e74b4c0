"""What a run says besides its sites: suppressions, files that fail, text on standard input, statistics."""

import json

from engine_project import JOB

JOB = JOB.format(mark="")


def codes(done) -> list[tuple[str, str, int]]:
    """Rule, file and line of each finding of `check --output-format json`."""
    found = json.loads(done.stdout)
    return [(f["code"], f["filename"].rpartition("/")[2], f["location"]["row"]) for f in found]


def check(project, *arguments, stdin=""):
    return codes(project.run("check", "--output-format", "json", *arguments, stdin=stdin))


def test_unused_suppressions_are_found_in_files_that_have_nothing_to_do_with_a_model(project):
    project.write({"job.py": JOB, "plain.py": "x = 1  # batchlint: ignore[BL101]\n"})
    assert ("BL900", "plain.py", 1) in check(project)


def test_a_suppression_on_any_line_of_the_way_silences(project):
    marked = JOB.replace("    main()\n", "    main()  # batchlint: ignore[BL101] once a year\n")
    assert [code for code, _, _ in check(project.write({"job.py": JOB}))] == ["BL101"]
    assert check(project.write({"job.py": marked})) == []


def test_a_named_file_that_does_not_parse_is_reported_even_if_it_names_no_model(project):
    project.write({"job.py": JOB, "broken.py": "def f(:\n"})
    assert check(project, "broken.py") == [("BL901", "broken.py", 1)]
    assert [code for code, _, _ in check(project)] == ["BL101"]


def test_text_on_standard_input_stands_in_for_a_file(project):
    project.write({"job.py": "print(1)\n"})
    assert check(project, "-", "--stdin-filename", "job.py", stdin=JOB) == [("BL101", "job.py", 7)]
    assert check(project, "-", "--stdin-filename", "new/job.py", stdin=JOB) == [("BL101", "job.py", 7)]
    project.write({"job.py": JOB})
    assert check(project, "-", "--stdin-filename", "job.py", stdin="print(1)\n") == []


def test_text_on_standard_input_of_an_excluded_file_is_left_out_by_force(project):
    project.write({"build/job.py": JOB})
    arguments = ("-", "--stdin-filename", "build/job.py")
    assert check(project, *arguments, stdin=JOB) == [("BL101", "job.py", 7)]
    assert check(project, *arguments, "--force-exclude", stdin=JOB) == []


def test_an_edited_helper_shows_the_finding_in_its_unchanged_caller(project):
    helper = JOB.partition("\n\ndef main")[0]
    caller = "from helper import label\n\n\ndef main" + JOB.partition("def main")[2]
    project.write(
        {"helper.py": "def label(text):\n    return text\n", "job.py": caller, "other.py": "x = 1\n"}
    )
    assert check(project, "-", "--stdin-filename", "helper.py", stdin=helper) == [("BL101", "helper.py", 7)]
    project.write({"helper.py": helper})
    assert check(project, "job.py") == [("BL101", "helper.py", 7)]
    assert check(project, "other.py") == []


def test_statistics_count_calls_and_time_stages(project):
    statistics = project.write({"job.py": JOB, "plain.py": "x = 1\n"}).inventory()["statistics"]
    assert (statistics["files"], statistics["relevant_files"]) == (2, 1)
    assert statistics["calls"] == 8
    stages = {name for name in statistics if name.startswith("seconds_")}
    assert stages >= {"seconds_scan", "seconds_link", "seconds_judge", "seconds_estimate"}
    assert all(statistics[name] >= 0 for name in stages)


def test_statistics_say_why_calls_are_unresolved(project):
    code = JOB.replace("    main()\n", "    main()\n    undefined()\n")
    code += "\n\ndef apply(f, key):\n    return f(), client.nothing, {}[key]()\n"
    statistics = project.write({"job.py": code}).inventory()["statistics"]
    assert statistics["calls_unresolved_name"] == 1
    assert statistics["calls_unresolved_parameter"] == 1
    assert statistics["calls_unresolved_item"] == 1


def test_the_statistics_option_shows_what_was_analysed(project):
    shown = project.write({"job.py": JOB}).run("check", "--statistics").stdout
    assert "BL101" in shown
    assert "Read 1 file and linked the 1 that" in shown
    assert "Of 8 calls in them 0 could not be followed." in shown
    assert " seconds: " in shown
