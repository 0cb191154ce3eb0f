"""The study page as a person uses it: keys, mouse, export, memory, size; screenshots to look at.

check.py DIR: DIR holds six.html and six.csv (run.sh); downloads and screenshots go there as well.
"""
import csv
import json
import os
import random
import re
import sys
import time

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browse import FOLDER, browser, check, current, exported, failures, js, keys, leaving, look, shift, text
from memory import another_answer, bad_address, broken, elsewhere, forget, two_tabs, undo

HOSTILE = "</script><b id=evil>x</b><img src=x onerror=alert(1)>"
PART = re.compile(r'<script type="application/json" class="bone">(.*?)</script>\n'
                  r'(<script type="application/json" class="pictures">.*?</script>\n)?')


def hundred(six):
    """The same bones under other names, one of them hostile, until there are a hundred."""
    with open(six) as f:
        page = f.read()
    parts = list(PART.finditer(page))
    chance = random.Random(1)
    out = [page[:parts[0].start()]]
    for i in range(100):
        part = parts[i % len(parts)]
        bone = json.loads(part[1])
        bone["id"] = "%016x" % i
        bone["name"] = HOSTILE if i == 7 else "study-%03d-%s" % (i, bone["name"])
        if bone.get("confidence"):
            bone["confidence"] = min(0.999, max(0.05, bone["confidence"] + chance.uniform(-0.2, 0.2)))
            if i % 3:
                bone["review"] = []
        out.append('<script type="application/json" class="bone">%s</script>\n%s'
                   % (json.dumps(bone).replace("<", "\\u003c"), part[2] or ""))
    out.append(page[parts[-1].end():])
    path = os.path.join(FOLDER, "hundred.html")
    with open(path, "w") as f:
        f.write("".join(out))
    return path


def order(driver):
    ranks = js(driver, "list.map(b => [rank(b), b.confidence ?? -1])")
    check("worst first", len(ranks) == 7 and ranks == sorted(ranks) and ranks[0][0] == 0)
    check("the failed one is told", "no<b>scan.nii" in js(driver, "bones.find(b => b.error).error"))
    driver.find_element(By.CSS_SELECTOR, "[data-sort=name]").send_keys(Keys.ENTER)
    names = js(driver, "list.map(b => b.name.toLowerCase())")
    check("sorted by name with the keyboard", names == sorted(names))
    heading = driver.find_element(By.CSS_SELECTOR, "[data-sort=confidence]")
    heading.click()
    heading.click()
    values = js(driver, "list.map(b => b.confidence ?? -1)")
    check("sorted by confidence, downwards", values == sorted(values, reverse=True))
    check("the heads tell", heading.find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending")
    driver.find_element(By.CSS_SELECTOR, "[data-sort=verdict]").click()
    keys(driver, "f")
    check("only REVIEW", js(driver, "list.length === "
                                    "bones.filter(b => b.error || b.gppi === null || b.review.length).length"))
    keys(driver, "f")
    check("all again", js(driver, "list.length") == 7)


def keyboard(driver):
    js(driver, "show(list.find(b => !b.error), true)")
    bone = current(driver)
    keys(driver, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT)
    check("arrows step through slices", current(driver)["at"] == bone["found"] + 1)
    source = js(driver, "document.getElementById('slice').src")
    check("a picture each", source.startswith("data:image/jpeg") and
          js(driver, "document.getElementById('slice').naturalWidth") > 100)
    check("nothing decided by looking", current(driver)["state"] == "untouched")
    keys(driver, "s")
    now = current(driver)
    check("the plane is moved to the slice shown", now["plane"] == bone["found"] + 1)
    check("and not accepted", (now["state"], now["counts"]) == ("moved", bone["found"]) and
          text(driver, "state") == "moved, not accepted" and "1 moved, not accepted" in text(driver, "summary"))
    shift(driver, Keys.ARROW_DOWN)
    shift(driver, Keys.ARROW_DOWN)
    shift(driver, Keys.ARROW_UP)
    now = current(driver)
    check("shift and arrows move the plane", now["plane"] == bone["found"] + 2)
    check("the VOI follows", str(now["plane"] + 30) + " to " in text(driver, "facts"))
    shift(driver, Keys.PAGE_DOWN)
    check("shift and page by ten", current(driver)["plane"] == bone["found"] + 12)
    keys(driver, Keys.PAGE_UP)
    check("a page alone moves nothing", current(driver)["plane"] == bone["found"] + 12)
    keys(driver, Keys.ENTER)
    now = current(driver)
    check("accepted where it was moved to", (now["state"], now["counts"]) == ("corrected", bone["found"] + 12))
    shift(driver, Keys.ARROW_UP)
    keys(driver, Keys.ENTER)
    back = []
    for _ in range(9):
        now = current(driver)
        back.append((now["plane"] - bone["found"], now["state"]))
        keys(driver, Keys.BACKSPACE)
    check("undone step by step %s" % back,
          back == [(11, "corrected"), (11, "moved"), (12, "corrected"), (12, "moved"), (2, "moved"),
                   (3, "moved"), (2, "moved"), (1, "moved"), (0, "untouched")])
    check("and no further",
          current(driver)["state"] == "untouched" and not driver.find_element(By.ID, "reset").is_enabled())
    keys(driver, Keys.ENTER)
    check("accepted", current(driver)["state"] == "accepted" and text(driver, "state") == "accepted")
    before = js(driver, "bones.map(b => [planeOf(b), stateOf(b)])")
    keys(driver, Keys.ARROW_DOWN)
    second = current(driver)
    check("down is the next bone",
          second["name"] == js(driver, "list[list.findIndex(b => b.name === '%s') + 1].name" % bone["name"]))
    keys(driver, Keys.ARROW_UP)
    check("up the one before", current(driver)["name"] == bone["name"])
    driver.find_elements(By.CSS_SELECTOR, "#rows tr")[3].click()
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ARROW_UP, "n", "p", Keys.ARROW_RIGHT, Keys.HOME)
    check("looking through the list changes nothing", js(driver, "bones.map(b => [planeOf(b), stateOf(b)])") == before)
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % bone["name"])
    keys(driver, "n")
    check("next", current(driver)["name"] == second["name"])
    for _ in range(3):
        shift(driver, Keys.ARROW_UP)
    keys(driver, Keys.ENTER, "p")
    check("previous", current(driver)["name"] == bone["name"])
    keys(driver, "?")
    check("help", driver.find_element(By.ID, "help").is_displayed())
    keys(driver, Keys.ESCAPE)
    check("help closes", not driver.find_element(By.ID, "help").is_displayed())
    return bone, second


def mouse(driver):
    js(driver, "show(list.filter(b => !b.error)[2], true)")
    view = driver.find_element(By.CSS_SELECTOR, ".view")
    found = current(driver)["found"]
    nz = js(driver, "current.dims[2]")

    def pointer(z, pixels=0):
        """From the middle of the view to slice z of it."""
        per = js(driver, "document.querySelector('.view').getScreenCTM().d * current.view[1] / current.dims[2]")
        return ActionChains(driver).move_to_element_with_offset(view, 0, round((z + 0.5 - nz / 2) * per) + pixels)

    for z in (found + 109, found - 20, found + 60):  # the line is caught within 10 pixels
        pointer(z).click().perform()
        now = current(driver)
        check("a click moves nothing", (now["plane"], now["state"]) == (found, "untouched"))
        near = js(driver, "current.slices.reduce((a, b) => Math.abs(b - %d) < Math.abs(a - %d) ? b : a)" % (z, z))
        check("it shows that slice, or the nearest there is", abs(now["at"] - near) <= 1)
    check("away from the stored slices this is said", "is not in this page" in text(driver, "missing"))
    pointer(found + 5, 30).click_and_hold().move_by_offset(0, 40).release().perform()
    check("nor does dragging beside the line", current(driver)["plane"] == found)
    pointer(found, 3).click_and_hold().move_by_offset(0, 30).move_by_offset(0, 30).release().perform()
    now = current(driver)
    check("the line is dragged", now["state"] == "moved" and now["plane"] > found + 20 and now["counts"] == found)
    driver.find_element(By.ID, "reset").click()
    check("undone by mouse, in one step", (current(driver)["plane"], current(driver)["state"]) == (found, "untouched"))
    field = driver.find_element(By.ID, "plane")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys("99999", Keys.ENTER)
    check("no such slice", current(driver)["plane"] == found and "slices are 0 to" in text(driver, "change"))
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(str(found - 5), Keys.ENTER)
    check("typed", current(driver)["plane"] == found - 5)
    note = driver.find_element(By.ID, "note")
    note.click()
    note.send_keys('odd, "tilted" n')
    check("letters in a field are no keys", current(driver)["plane"] == found - 5)
    who = driver.find_element(By.ID, "who")
    who.clear()
    who.send_keys("A. Person")
    js(driver, "document.getElementById('bone').focus()")
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.ENTER)
    driver.execute_script("document.getElementById('slice-frame').dispatchEvent("
                          "new WheelEvent('wheel', {deltaY: 100, cancelable: true}))")
    check("the wheel steps", current(driver)["at"] == found - 3)
    return current(driver)


def saving(driver, first, second, third):
    check("a warning before leaving", leaving(driver))
    check("the summary tells", "3 not exported" in text(driver, "summary"))
    keys(driver, "e")
    rows = exported()
    with open(os.path.join(FOLDER, "six.csv"), newline="") as f:
        found = {row[0]: row[1] for row in csv.reader(f)}
    check("the challenge's columns first", rows[0][:2] == ["Image Name", "Growth Plate Index"])
    check("every bone once", sorted(r[0] for r in rows[1:]) == sorted(n for n in found if n != "Image Name"))
    table = {row[0]: row for row in rows[1:]}
    check("accepted as it was", table[first["name"]][1:4] == [found[first["name"]]] * 2 + ["accepted"])
    check("corrected", table[second["name"]][1:4] == [str(second["found"] - 3), found[second["name"]], "corrected"])
    failed = [r for r in rows if r[-2] == "failed"]
    check("what failed has its sentence", len(failed) == 1 and failed[0][1] == "" and "no<b>scan.nii" in failed[0][-1])
    row = table[third["name"]]
    check("who, when, note", row[4] == "A. Person" and re.match(r"20\d\d-\d\d-\d\dT", row[5]) and
          row[6] == 'odd, "tilted" n')
    check("untouched ones keep theirs", all(r[1] == found[r[0]] for r in rows[1:] if r[3] == "untouched"))
    check("then no warning", not leaving(driver))
    driver.refresh()
    states = js(driver, "bones.map(b => b.decision.state).sort()")
    check("remembered after a reload", states == ["accepted", "corrected", "corrected"] + ["untouched"] * 4)
    check("and said", "3 decisions of an earlier visit" in text(driver, "summary"))
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % third["name"])
    check("of whom", text(driver, "earlier").startswith("Kept from an earlier visit by A. Person, 20"))
    keys(driver, Keys.BACKSPACE)
    check("undone over a reload", current(driver)["state"] == "moved")
    keys(driver, Keys.ENTER)


def tabs(driver):
    """Everything can be reached by Tab, and shows it."""
    js(driver, "document.activeElement.blur()")
    reached = set()
    for _ in range(40):
        keys(driver, Keys.TAB)
        reached.add(js(driver, "document.activeElement.id || document.activeElement.dataset.sort || "
                               "document.activeElement.tagName"))
        if js(driver, "getComputedStyle(document.activeElement).outlineStyle") == "none" and \
           js(driver, "document.activeElement !== document.body"):
            reached.add("no outline")
    wanted = {"review-only", "who", "export", "keys", "name", "confidence", "step", "here", "plane", "accept", "note",
              "previous", "next"}
    missing = wanted - reached - {"here"}
    check("all controls by Tab %s" % (missing or ""), not missing and "no outline" not in reached)
    check("all controls have names",
          js(driver, "[...document.querySelectorAll('button, input')].every(e => "
                     "e.textContent.trim() || e.getAttribute('aria-label') || e.closest('label'))"))


def large(driver, page):
    size = os.path.getsize(page)
    check("a hundred bones are %.1f MB" % (size / 1e6), size < 30e6)
    start = time.time()
    driver.get("file://" + page)
    check("opened in %.1f s" % (time.time() - start), js(driver, "list.length") == 100)
    check("hostile names stay text", js(driver, "document.getElementById('evil') === null && "
                                                "bones.some(b => b.name.startsWith('</script><b'))"))
    shift(driver, Keys.ENTER)
    shift(driver, Keys.ENTER)
    shift(driver, Keys.ARROW_UP)
    keys(driver, "n", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    driver.save_screenshot(os.path.join(FOLDER, "hundred.png"))
    js(driver, "show(bones.find(b => b.name.startsWith('</script>')), true)")
    check("on screen as well", text(driver, "name").startswith("</script><b id=evil>"))
    forget(driver)


def main():
    six = os.path.join(FOLDER, "six.html")
    page = hundred(six)
    for name in os.listdir(FOLDER):
        if name.startswith("planes-reviewed"):
            os.remove(os.path.join(FOLDER, name))
    driver = browser()
    try:
        for width, height, scheme in ((1366, 768, "light"), (1366, 640, "dark"), (1920, 1080, "light"),
                                      (800, 900, "dark")):
            look(driver, width, height, scheme)
            driver.get("file://" + six)
            driver.save_screenshot(os.path.join(FOLDER, "six-%d-%s.png" % (width, scheme)))
            fits = js(driver, "document.documentElement.scrollWidth <= innerWidth")
            if width > 1050:
                fits = fits and js(driver, "document.documentElement.scrollHeight <= innerHeight")
            check("fits %d x %d" % (width, height), fits)
        look(driver, 1366, 768, "light")
        driver.get("file://" + six)
        order(driver)
        first, second = keyboard(driver)
        third = mouse(driver)
        saving(driver, first, second, third)
        elsewhere(driver, six, third)
        bad_address(driver, six)
        two_tabs(driver, six)
        another_answer(driver, six)
        undo(driver, six)
        broken(driver)
        tabs(driver)
        large(driver, page)
        loud = [entry["message"] for entry in driver.get_log("browser")]
        check("nothing on the console %s" % (loud or ""), not loud)
    finally:
        driver.quit()
    print("%d failed" % len(failures) if failures else "all passed; look at the pictures in " + FOLDER)
    return 1 if failures else 0


sys.exit(main())
