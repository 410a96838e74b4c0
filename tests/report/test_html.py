"""The HTML page: self-contained, readable without JavaScript, safe with hostile names, painted as meant."""

import re
import shutil
import struct
import subprocess
import zlib
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import html_samples
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchlint.finding import Failure, Obstacle, ObstacleCode, Site, Step
from batchlint.report import html
from batchlint.report.sources import Sources
from batchlint.text import Location

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (Debian: apt-get install chromium)")
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\x1b[31m\u202e\ud800"
VOID = {"meta", "input", "rect"}


class Page(HTMLParser):
    """Elements with their attributes, the visible text, and whether every element is closed in turn."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.content: dict[str, str] = {"script": "", "style": ""}
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.content:
            self.content[self.open[-1]] += data
        else:
            self.text += data

    def all(self, tag: str, kind: str | None = None) -> list[dict[str, str | None]]:
        """The attributes of all elements of a tag, and of a class where one is given."""
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and (kind is None or kind in (attributes.get("class") or "").split())
        ]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return html_samples.page(tmp_path_factory.mktemp("html") / "acme-insights")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def render(sites: list[Site], root: Path, failures: list[Failure] | None = None) -> Page:
    found = Page(html.render(sites, str(root), Sources(str(root)), "0.1.0", failures or []))
    assert found.open == []
    return found


def test_the_page_is_well_formed(page: Page) -> None:
    assert page.open == []
    assert page.all("html") == [{"lang": "en"}]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_nothing_is_loaded_and_nothing_but_the_pages_own_script_may_run(page: Page) -> None:
    for tag, attributes in page.elements:
        assert not {"src", "srcset", "style", "action", "formaction"} & attributes.keys()
        assert not any(name.startswith("on") for name in attributes)
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        assert (attributes.get("href") or "#").startswith("#")
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for kind in ("script", "style"):
        assert len(page.all(kind)) == 1
        digest = b64encode(sha256(page.content[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert not re.search(r"url\(|@import|https?:", page.content["style"])
    assert not re.search(r"fetch|XMLHttpRequest|https?:|innerHTML", page.content["script"])


def test_everything_can_be_read_without_javascript(page: Page) -> None:
    for site in html_samples.sites():
        assert f"{site.location.path}:{site.location.line}" in page.text
        assert site.function in page.text
        for step in site.witness:
            assert step.message in page.text
        for obstacle in site.obstacles:
            assert obstacle.message in page.text
        for line in site.savings.basis if site.savings else ():
            assert line.replace("`", "") in page.text
    assert len(page.all("details")) == len(html_samples.sites()) + 1
    assert [attributes for attributes in page.all("div", "tools") if "hidden" in attributes]


def test_the_order_is_by_verdict_and_then_by_saving(page: Page) -> None:
    bodies = [attributes["data-verdict"] for attributes in page.all("tbody") if "data-verdict" in attributes]
    assert bodies == ["eligible"] * 3 + ["mixed", "sequential", "realtime", "unsupported", "unclear"]
    places = re.findall(r"(?:app/llm|evals/judge|scripts/embed)\.py:\d", page.text)
    assert places[-9:].index("app/llm.py:2") < places[-9:].index("evals/judge.py:6")


def test_links_lead_to_the_rows_they_name(page: Page) -> None:
    ids = {attributes.get("id") for attributes in page.all("tbody")}
    links = [attributes["href"] for attributes in page.all("a")]
    assert links
    assert all(link is not None and link.removeprefix("#") in ids for link in links)


def test_the_sums_stand_at_the_top(page: Page) -> None:
    assert "$3,400 to $3,500 a month" in page.text
    assert "Another 2 sites could save too" in page.text
    assert "8 LLM call sites in 8 files" in page.text
    assert "1 file could not be read" in page.text


def test_prompts_are_not_shown(page: Page) -> None:
    assert "Summarise this document" not in page.text
    assert "client.messages.create(" in page.text


def test_a_project_without_calls(tmp_path: Path) -> None:
    found = render([], tmp_path)
    assert "0 LLM call sites in 0 files" in found.text
    assert "No LLM call was found." in found.text


def test_a_project_without_known_traffic(tmp_path: Path) -> None:
    site = next(site for site in html_samples.sites() if site.operation == "embeddings.create")
    found = render([site], tmp_path)
    assert "50 % of the price of 1 site" in found.text
    assert "[tool.batchlint.volumes]" in found.text
    assert "traffic unknown" in found.text


def test_a_source_that_is_gone_leaves_out_its_lines_only(tmp_path: Path) -> None:
    found = render(html_samples.sites(), tmp_path)
    assert found.all("pre") == []
    assert "one request per document" in found.text


def hostile(value: str) -> Site:
    """A site whose every text is the same hostile one."""
    place = Location(value, 1, 1, 1, 2)
    base = html_samples.sites()[1]
    assert base.savings is not None
    return replace(
        base,
        location=place,
        function=value,
        provider=value,
        vendor=value,
        title=value,
        operation=value,
        model=value,
        witness=(Step(place, value), Step(place, f"`{value}`")),
        obstacles=(Obstacle(ObstacleCode.ASSERTED, value, place),),
        savings=replace(base.savings, basis=(value,), model=value, vendor=value, caching=value),
    )


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    root = tmp_path / "a<script>b"
    failures = [Failure(Location(HOSTILE, 1, 1, 1, 1), HOSTILE)]
    found = render([hostile(HOSTILE)], root, failures)
    assert len(found.all("script")) == 1
    assert found.all("img") == []
    assert "<script>alert(1)</script>" in found.text
    assert not set("\x1b\u202e\ud800") & set(found.text)


@given(st.text(st.characters(exclude_characters="\x00"), min_size=1, max_size=20))
def test_no_text_adds_an_element_or_an_attribute(value: str) -> None:
    root = Path("/nowhere")
    plain, other = (render([hostile(text)], root) for text in ("plain", value))
    shape = [(tag, sorted(attributes)) for tag, attributes in plain.elements if tag != "code"]
    assert [(tag, sorted(attributes)) for tag, attributes in other.elements if tag != "code"] == shape


def chromium(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr"]
    options.append(f"--user-data-dir={folder / 'profile'}")
    return subprocess.run(
        [CHROMIUM, *options, *arguments], capture_output=True, text=True, timeout=120, check=True
    )


@needs_chromium
def test_the_page_paints_without_a_complaint(source: str, tmp_path: Path) -> None:
    file, picture = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(source)
    done = chromium(tmp_path, "--window-size=1280,2000", f"--screenshot={picture}", file.as_uri())
    assert "Content Security Policy" not in done.stderr
    assert "Uncaught" not in done.stderr
    width, height, colours = pixels(picture.read_bytes())
    assert (width, height) == (1280, 2000)
    # The stretches of the verdict bar, in the page's own colours: styles and drawing took effect.
    for colour in ((11, 122, 85), (180, 83, 9), (37, 99, 235), (109, 75, 194)):
        assert colours.get(colour, 0) > 200, colour
    assert colours[(246, 247, 249)] > 100_000


@needs_chromium
def test_the_page_fits_a_telephone(source: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    probe = "<script>document.title = document.documentElement.scrollWidth</script>"
    file.write_text(without_policy(source).replace("</body>", f"{probe}</body>"))
    dom = chromium(tmp_path, "--window-size=500,900", "--dump-dom", file.as_uri()).stdout
    assert "<title>500</title>" in dom


@needs_chromium
def test_the_script_sorts_filters_and_follows_links(source: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    probe = """<script>
      const shown = "#sites > table > tbody:not(.gone)";
      const ids = () => [...document.querySelectorAll(shown)].map((body) => body.id).join();
      const seen = [ids()];
      const click = (selector) => { document.querySelector(selector).click(); seen.push(ids()); };
      click("th:nth-child(5) button");
      click("th:nth-child(5) button");
      click("th:nth-child(2) button");
      click("button[data-verdict=eligible]");
      const input = document.querySelector("input");
      input.value = "GPT-4O tag"; input.dispatchEvent(new Event("input")); seen.push(ids());
      click("button[data-all]");
      seen.push(document.querySelectorAll("#sites details[open]").length);
      document.title = seen.join("|");
    </script>"""
    file.write_text(without_policy(source).replace("</body>", f"{probe}</body>"))
    dom = chromium(tmp_path, "--dump-dom", f"{file.as_uri()}#s2").stdout
    title = re.search(r"<title>(.*?)</title>", dom)
    assert title is not None
    first, falling, rising, by_path, fewer, found, opened, count = title[1].split("|")
    assert first == "s1,s2,s3,s4,s5,s6,s7,s8"
    assert falling.startswith("s1,s2,s4,")
    assert rising.endswith("s4,s2,s1")
    assert by_path.split(",")[0] == "s6"  # app/chat.py
    assert set(by_path.split(",")) - set(fewer.split(",")) == {"s1", "s2", "s3"}
    assert found == opened == "s4"
    assert count == "8"


@needs_chromium
def test_a_link_opens_the_site_it_leads_to(source: str, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text(source)
    dom = chromium(tmp_path, "--dump-dom", f"{file.as_uri()}#s2").stdout
    bodies = re.findall(r'<tbody id="(s\d)".*?<details( open="")?>', dom, re.DOTALL)
    assert [name for name, is_open in bodies if is_open] == ["s2"]


def without_policy(source: str) -> str:
    """The page without its policy, so that a test's own script runs in it."""
    return re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)


def pixels(png: bytes) -> tuple[int, int, dict[tuple[int, int, int], int]]:
    """Width, height and how often each colour occurs in an eight-bit RGB or RGBA image."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert (depth, kind) in ((8, 2), (8, 6))
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw, size = zlib.decompress(data), 3 if kind == 2 else 4
    line, colours = bytearray(width * size), {}
    for row in range(height):
        start = row * (width * size + 1)
        line = unfiltered(raw[start], raw[start + 1 : start + 1 + width * size], line, size)
        for index in range(0, len(line), size):
            colour = (line[index], line[index + 1], line[index + 2])
            colours[colour] = colours.get(colour, 0) + 1
    return width, height, colours


def unfiltered(kind: int, line: bytes, above: bytearray, size: int) -> bytearray:
    """One line of a PNG with its filter undone."""
    if kind == 0:
        return bytearray(line)
    if kind == 2:
        return bytearray((x + up) & 255 for x, up in zip(line, above, strict=True))
    out = bytearray(line)
    for index in range(len(out)):
        left = out[index - size] if index >= size else 0
        corner = above[index - size] if index >= size else 0
        guess = (
            left
            if kind == 1
            else (left + above[index]) // 2
            if kind == 3
            else paeth(left, above[index], corner)
        )
        out[index] = (out[index] + guess) & 255
    return out


def paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]
