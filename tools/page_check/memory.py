"""What the study page keeps in the browser: decisions of other pages and of other answers."""
import os
import re

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browse import FOLDER, allow_downloads, check, current, exported, js, keys, leaving, shift, text, wait_for


def elsewhere(driver, six, third):
    """Another page with the same scans: nothing is signed there, but offered."""
    other = six.replace("six.html", "other study.html")
    with open(six) as f, open(other, "w") as g:
        g.write(f.read())
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.get("file://" + other)
    check("another page has no decisions",
          js(driver, "bones.every(b => stateOf(b) === 'untouched' && !b.decision.who)"))
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % third["name"])
    check("it tells of them",
          re.match(r"Slice %d was corrected in /.*/six.html by A. Person, 20" % third["plane"],
                   text(driver, "earlier")))
    driver.save_screenshot(os.path.join(FOLDER, "elsewhere.png"))
    driver.find_element(By.ID, "take").click()
    now = current(driver)
    check("taken over it is a move, to be accepted",
          (now["plane"], now["state"], now["counts"]) == (third["plane"], "moved", third["found"]))
    keys(driver, Keys.ENTER)
    check("by who looks at it now",
          js(driver, "current.decision.who === document.getElementById('who').value.trim() && "
                     "current.decision.state === 'corrected'"))
    # the program found another plane meanwhile
    with open(six) as f:
        page = f.read()
    with open(other, "w") as g:
        g.write(page.replace('"gppi":%d,' % third["found"], '"gppi":%d,' % (third["found"] - 1)))
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.get("file://" + other)
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % third["name"])
    check("a decision on another answer is not taken silently", current(driver)["state"] == "untouched" and
          "when the program found %d" % third["found"] in text(driver, "earlier"))
    driver.get("file://" + six)


def offered(driver, name):
    """What is said of an earlier decision on a bone, if it can be taken over."""
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % name)
    return driver.find_element(By.ID, "take").is_displayed() and text(driver, "earlier")


def two_tabs(driver, six):
    """The same page in two tabs: each knows what was decided in the other."""
    forget(driver)
    driver.get("file://" + six)
    one = driver.current_window_handle
    driver.switch_to.new_window("tab")
    allow_downloads(driver)
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                           {"source": "addEventListener('storage', e => window.deaf && e.stopImmediatePropagation())"})
    driver.get("file://" + six)
    two = driver.current_window_handle
    found, name = current(driver)["found"], current(driver)["name"]

    def decide(tab, *more):
        """Moves the plane by one and accepts it."""
        driver.switch_to.window(tab)
        shift(driver, Keys.ARROW_DOWN)
        keys(driver, Keys.ENTER, *more)

    def seen(tab, plane, state):
        driver.switch_to.window(tab)
        return wait_for(driver, "planeOf(current) === %d && stateOf(current) === '%s'" % (plane, state))

    def deaf():
        """The second tab hears of nothing, as if it had slept."""
        driver.switch_to.window(two)
        driver.execute_script("window.deaf = true")

    def written():
        driver.switch_to.window(two)
        return wait_for(driver, "localStorage.getItem(keyOf(current)) !== current.text")

    decide(one)
    check("the other tab shows a decision", seen(two, found + 1, "corrected"))
    check("and tells of it", text(driver, "earlier").startswith("Kept from another tab") and
          "1 not exported yet" in text(driver, "summary"))
    keys(driver, "e")
    check("it exports it", state_exported(name) == "corrected" and not leaving(driver))
    driver.switch_to.window(one)
    check("for both", wait_for(driver, "!unsaved()") and current(driver)["state"] == "corrected")
    driver.refresh()
    check("it is there after a reload", current(driver)["counts"] == found + 1)
    keys(driver, Keys.BACKSPACE, Keys.BACKSPACE)
    check("the other tab shows that it was undone", seen(two, found, "untouched") and leaving(driver))
    driver.find_element(By.ID, "note").click()
    driver.switch_to.window(one)
    driver.find_element(By.ID, "note").send_keys("first")
    driver.switch_to.window(two)
    check("and the note, in the field as well", wait_for(driver, "document.getElementById('note').value === 'first'"))
    js(driver, "document.getElementById('bone').focus()")
    driver.switch_to.window(one)
    js(driver, "document.getElementById('bone').focus()")

    deaf()
    decide(one)
    check("a tab that heard of nothing", written() and current(driver)["state"] == "untouched")
    keys(driver, Keys.ENTER)
    check("accepts no plane over a newer decision", seen(two, found + 1, "corrected"))
    decide(one)
    written()
    keys(driver, Keys.BACKSPACE)
    check("and undoes none that it did not show", seen(two, found + 2, "corrected"))
    decide(one)
    written()
    shift(driver, Keys.ARROW_UP)
    now = current(driver)
    check("its move is one after it", (now["plane"], now["counts"], now["state"]) == (found + 1, found + 3, "moved"))
    check("which the first tab shows", seen(one, found + 1, "moved"))
    keys(driver, Keys.BACKSPACE)
    decide(one)
    written()
    driver.find_element(By.ID, "note").send_keys(" second")
    check("its note leaves the decision",
          seen(two, found + 4, "corrected") and js(driver, "current.decision.note") == "first second")
    driver.switch_to.window(one)
    wait_for(driver, "current.decision.note === 'first second'")
    driver.find_element(By.ID, "note").send_keys(" third")
    written()
    driver.find_element(By.ID, "note").send_keys("x")
    check("and a newer note", driver.find_element(By.ID, "note").get_attribute("value") == "first second third")
    js(driver, "document.getElementById('bone').focus()")
    driver.switch_to.window(one)
    js(driver, "show(list.at(-1), true)")
    decide(one)
    other = current(driver)
    driver.switch_to.window(two)
    wait_for(driver, "localStorage.getItem(keyOf(bones.find(b => b.name === '%s')))" % other["name"])
    keys(driver, "e")
    check("its export has the newest decisions", state_exported(other["name"]) == "corrected")
    check("and its list", "corrected" in js(driver, "bones.find(b => b.name === '%s').row.textContent" % other["name"]))
    driver.close()
    driver.switch_to.window(one)
    allow_downloads(driver)
    driver.refresh()
    check("nothing is lost after it",
          js(driver, "bones.filter(b => stateOf(b) === 'corrected').length") == 2 and not leaving(driver))
    forget(driver)


def another_answer(driver, six):
    """A decision on another answer of the program is offered until there is one on this answer."""
    forget(driver)
    page = os.path.join(FOLDER, "answers.html")

    def answer(found):
        with open(six) as f, open(page, "w") as g:
            g.write(f.read().replace('"gppi":%d,' % old["found"], '"gppi":%d,' % found))

    old = current(driver)
    answer(old["found"])
    driver.get("file://" + page)
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.ENTER, "e")
    exported()
    old = current(driver)
    answer(old["found"] - 7)
    told = "Slice %d was corrected when the program found %d" % (old["plane"], old["found"])

    def offered_still():
        driver.execute_script("for (const b of bones) { b.decision.saved = true; b.decision.draft = null; }")
        driver.refresh()
        return (offered(driver, old["name"]) or "").startswith(told)

    driver.get("file://" + page)
    check("a decision on another answer is offered", offered_still())
    keys(driver, "e")
    exported()
    check("after an export as well", offered_still())
    driver.find_element(By.ID, "note").send_keys("seen")
    check("and after a note", offered_still() and js(driver, "current.decision.note") == "seen")
    keys(driver, "e")
    exported()
    check("and after both", offered_still())
    shift(driver, Keys.ARROW_DOWN)
    check("and after a move", offered_still() and current(driver)["plane"] == old["found"] - 6)
    driver.find_element(By.ID, "take").click()
    check("taken over it is a move", current(driver)["plane"] == old["plane"] and current(driver)["state"] == "moved")
    keys(driver, Keys.BACKSPACE)
    check("offered again once that is undone", offered(driver, old["name"]))
    keys(driver, Keys.ENTER)
    check("no longer once there is a decision on this answer", not offered(driver, old["name"]))
    driver.refresh()
    check("nor after a reload", not offered(driver, old["name"]) and text(driver, "earlier").startswith("Kept from"))
    keys(driver, Keys.BACKSPACE)
    check("undone, it is offered again", offered(driver, old["name"]))
    keys(driver, Keys.ENTER)
    here = current(driver)
    driver.switch_to.new_window("tab")
    driver.get("file://" + page)
    driver.switch_to.window(driver.window_handles[0])
    answer(old["found"])
    driver.refresh()
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % old["name"])
    check("on the answer before, its own decision counts", current(driver)["counts"] == old["plane"])
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.ENTER)
    driver.switch_to.window(driver.window_handles[1])
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % old["name"])
    check("a tab with the other answer has its own still", current(driver) == here)
    answer(old["found"] - 7)
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.refresh()
    check("after a reload as well",
          js(driver, "bones.some(b => b.name === '%s' && b.decision.plane === %d && b.again)"
                     % (old["name"], here["counts"])))
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.close()
    driver.switch_to.window(driver.window_handles[0])
    allow_downloads(driver)
    forget(driver)


def undo(driver, six):
    """What was exported and then undone is to be exported again."""
    forget(driver)
    driver.get("file://" + six)
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.BACKSPACE)
    check("a move that was undone is no change", not leaving(driver))
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.ENTER, "e")
    name = current(driver)["name"]
    check("exported", not leaving(driver) and state_exported(name) == "corrected")
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, Keys.BACKSPACE)
    check("a move beyond it, undone, is no change either", not leaving(driver))
    keys(driver, Keys.BACKSPACE, Keys.BACKSPACE)
    check("undone after the export it is not exported", current(driver)["state"] == "untouched" and leaving(driver) and
          "1 not exported yet" in text(driver, "summary"))
    driver.refresh()
    check("nor after a reload", "1 not exported yet" in text(driver, "summary"))
    keys(driver, "e")
    check("until it is exported as it is now", not leaving(driver) and state_exported(name) == "untouched")
    shift(driver, Keys.ARROW_DOWN)
    keys(driver, "e")
    exported()
    keys(driver, Keys.BACKSPACE)
    check("nor is a move that was exported and undone", leaving(driver))
    forget(driver)


def state_exported(name):
    return next(row[3] for row in exported() if row[0] == name)


def forget(driver):
    driver.execute_script("localStorage.clear(); "
                          "for (const b of bones) { b.decision.saved = true; b.decision.draft = null; }")


def bad_address(driver, six):
    """Decisions of a page whose name is no UTF-8."""
    forget(driver)
    with open(six, "rb") as f, open(os.path.join(os.fsencode(FOLDER), b"k\xe4fig.html"), "wb") as g:
        g.write(f.read())
    driver.get("file://" + FOLDER + "/k%E4fig.html")
    name = js(driver, "current.name")
    keys(driver, Keys.ENTER)
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.get("file://" + six)
    check("a page of another encoding stops nothing", js(driver, "list.length") == 7)
    js(driver, "show(bones.find(b => b.name === '%s'), true)" % name)
    check("its address is told as it is", "/k%E4fig.html" in text(driver, "earlier"))
    forget(driver)


def broken(driver):
    driver.execute_script("for (const b of bones) localStorage.setItem(keyOf(b), "
                          "'{\"plane\":99999,\"state\":\"corrected\",\"saved\":1,\"past\":[7,null,{}]}')")
    driver.execute_script("for (const b of bones) b.decision.saved = true")
    driver.refresh()
    check("a broken memory is ignored", js(driver, "bones.every(b => b.decision.state === 'untouched')"))
    forget(driver)
    check("cells are no formulas",
          js(driver, "['=1+1', '-1+2', '@x', -5, '-5', 'a,=b', '\\tx', 'c\\u009b2J'].map(csvField).join('|')") ==
          "'=1+1|'-1+2|'@x|-5|-5|\"a,=b\"|\"'\tx\"|c?2J")
