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

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FOLDER = os.path.abspath(sys.argv[1])
HOSTILE = "</script><b id=evil>x</b><img src=x onerror=alert(1)>"
PART = re.compile(r'<script type="application/json" class="bone">(.*?)</script>\n'
                  r'(<script type="application/json" class="pictures">.*?</script>\n)?')
failures = []


def check(name, good):
    print("ok  " if good else "FAIL", name)
    if not good:
        failures.append(name)


def browser():
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1366,768"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": FOLDER})
    return driver


def look(driver, width, height, scheme):
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": scheme}]})


def keys(driver, *pressed):
    for key in pressed:
        ActionChains(driver).send_keys(key).perform()


def shift(driver, key):
    ActionChains(driver).key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT).perform()


def text(driver, name):
    return driver.find_element(By.ID, name).text


def js(driver, expression):
    return driver.execute_script("return " + expression)


def current(driver):
    return js(driver, "{name: current.name, plane: current.decision.plane, found: current.gppi, "
                      "state: current.decision.state, at: current.slices && current.slices[at]}")


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


def exported(name="planes-reviewed.csv"):
    path = os.path.join(FOLDER, name)
    for _ in range(100):
        if os.path.exists(path):
            break
        time.sleep(0.1)
    with open(path, newline="") as f:
        rows = list(csv.reader(f))
    os.remove(path)
    return rows


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
    check("only REVIEW", js(driver, "list.length === bones.filter(b => b.error || b.gppi === null || b.review.length).length"))
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
    check("the plane is the slice shown", current(driver)["plane"] == bone["found"] + 1)
    keys(driver, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    now = current(driver)
    check("up and down move the plane", (now["plane"], now["state"]) == (bone["found"] + 2, "corrected"))
    check("the VOI follows", str(now["plane"] + 30) + " to " in text(driver, "facts"))
    shift(driver, Keys.ARROW_DOWN)
    check("shift moves by ten", current(driver)["plane"] == bone["found"] + 12)
    keys(driver, Keys.BACKSPACE)
    check("undone", current(driver)["plane"] == bone["found"] and current(driver)["state"] == "untouched")
    keys(driver, Keys.ENTER)
    check("accepted", current(driver)["state"] == "accepted" and text(driver, "state") == "accepted")
    keys(driver, "n")
    second = current(driver)
    check("next", second["name"] != bone["name"])
    keys(driver, Keys.ARROW_UP, Keys.ARROW_UP, Keys.ARROW_UP)
    keys(driver, "p")
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
    ActionChains(driver).move_to_element(view).click_and_hold().move_by_offset(0, 40).release().perform()
    now = current(driver)
    nz = js(driver, "current.dims[2]")
    check("dragged below the middle", now["state"] == "corrected" and nz / 2 < now["plane"] < nz)
    check("away from the stored slices this is said", js(driver, "!document.getElementById('missing').hidden"))
    driver.find_element(By.ID, "reset").click()
    check("undone by mouse", current(driver)["plane"] == found)
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
    keys(driver, Keys.ARROW_DOWN)
    driver.execute_script("document.getElementById('slice-frame').dispatchEvent(new WheelEvent('wheel', {deltaY: 100, cancelable: true}))")
    check("the wheel steps", current(driver)["at"] == found - 3)
    return current(driver)


def leaving(driver):
    """Is one asked before the page goes?"""
    return driver.execute_script("const e = new Event('beforeunload', {cancelable: true}); window.dispatchEvent(e); "
                                 "return e.defaultPrevented")


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
    row = table[third["name"]]
    check("who, when, note", row[4] == "A. Person" and re.match(r"20\d\d-\d\d-\d\dT", row[5]) and
          row[6] == 'odd, "tilted" n')
    check("untouched ones keep theirs", all(r[1] == found[r[0]] for r in rows[1:] if r[3] == "untouched"))
    check("then no warning", not leaving(driver))
    driver.refresh()
    states = js(driver, "bones.map(b => b.decision.state).sort()")
    check("remembered after a reload", states == ["accepted", "corrected", "corrected"] + ["untouched"] * 4)
    driver.execute_script("for (const b of bones) localStorage.setItem(b.key, '{\"plane\":99999,\"state\":\"corrected\",\"saved\":1}')")
    driver.refresh()
    check("a broken memory is ignored", js(driver, "bones.every(b => b.decision.state === 'untouched')"))
    driver.execute_script("localStorage.clear(); for (const b of bones) b.decision.saved = true")


def tabs(driver):
    """Everything can be reached by Tab, and shows it."""
    js(driver, "document.activeElement.blur()")
    reached = set()
    for _ in range(40):
        keys(driver, Keys.TAB)
        reached.add(js(driver, "document.activeElement.id || document.activeElement.dataset.sort || document.activeElement.tagName"))
        if js(driver, "getComputedStyle(document.activeElement).outlineStyle") == "none" and \
           js(driver, "document.activeElement !== document.body"):
            reached.add("no outline")
    wanted = {"review-only", "who", "export", "keys", "name", "confidence", "step", "here", "plane", "accept", "note",
              "previous", "next"}
    missing = wanted - reached - {"here"}
    check("all controls by Tab %s" % (missing or ""), not missing and "no outline" not in reached)
    check("all controls have names", js(driver, "[...document.querySelectorAll('button, input')].every(e => "
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
    keys(driver, Keys.ARROW_UP, Keys.ARROW_UP, "n", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    driver.save_screenshot(os.path.join(FOLDER, "hundred.png"))
    js(driver, "show(bones.find(b => b.name.startsWith('</script>')), true)")
    check("on screen as well", text(driver, "name").startswith("</script><b id=evil>"))
    driver.execute_script("localStorage.clear(); for (const b of bones) b.decision.saved = true")


def main():
    six = os.path.join(FOLDER, "six.html")
    page = hundred(six)
    for name in os.listdir(FOLDER):
        if name.startswith("planes-reviewed"):
            os.remove(os.path.join(FOLDER, name))
    driver = browser()
    try:
        for width, height, scheme in ((1366, 768, "light"), (1366, 640, "dark"), (1920, 1080, "light"), (800, 900, "dark")):
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
        tabs(driver)
        large(driver, page)
        loud = [entry["message"] for entry in driver.get_log("browser")]
        check("nothing on the console %s" % (loud or ""), not loud)
    finally:
        driver.quit()
    print("%d failed" % len(failures) if failures else "all passed; look at the pictures in " + FOLDER)
    return 1 if failures else 0


sys.exit(main())
