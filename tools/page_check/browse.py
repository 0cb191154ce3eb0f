"""A headless browser on the study page, and what is seen in it."""
import csv
import os
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FOLDER = os.path.abspath(sys.argv[1])
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
    allow_downloads(driver)
    return driver


def allow_downloads(driver):
    """In this tab."""
    driver.execute_cdp_cmd("Page.setDownloadBehavior", {"behavior": "allow", "downloadPath": FOLDER})


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


def wait_for(driver, expression):
    for _ in range(50):
        if js(driver, expression):
            return True
        time.sleep(0.1)
    return False


def current(driver):
    """The bone on screen: `plane` is the one shown, `counts` the one that would be exported."""
    return js(driver, "{name: current.name, plane: planeOf(current), counts: current.decision.plane, "
                      "found: current.gppi, state: stateOf(current), at: current.slices && current.slices[at]}")


def leaving(driver):
    """Is one asked before the page goes?"""
    return driver.execute_script("const e = new Event('beforeunload', {cancelable: true}); window.dispatchEvent(e); "
                                 "return e.defaultPrevented")


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
