"""A real headless Chromium that signs in by itself; usable as ``BROWSER="python browser.py --user alice --password pw %s &"``.

It opens the address, then keeps doing what a person would (user, password, one-time code, device code,
allow or deny) until there is nothing left to do. Exit status: 0 it came to an end, 1 it got stuck.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import os
import struct
import sys
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--window-size=1000,900",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
)


def one_time_code(seed: str) -> str:
    """The RFC 6238 code of now, made here so that the test does not trust the code under test."""
    key = base64.b32decode(seed + "=" * (-len(seed) % 8))
    mac = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    start = mac[19] & 15
    return str((struct.unpack(">I", mac[start : start + 4])[0] & 0x7FFFFFFF) % 10**6).zfill(6)


def chromium(profile: str) -> webdriver.Chrome:
    """A fresh headless browser that reaches nothing but this machine."""
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    service = webdriver.ChromeService(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver"))
    return webdriver.Chrome(options=options, service=service)


def visible(driver: webdriver.Chrome, css: str) -> list[WebElement]:
    """Elements a person could see."""
    return [element for element in driver.find_elements(By.CSS_SELECTOR, css) if element.is_displayed()]


def step(driver: webdriver.Chrome, args: argparse.Namespace) -> bool:
    """Do one thing; False when there is nothing to do."""
    values = {
        "username": args.user,
        "password": args.password,
        "user_code": args.code,
        "code": one_time_code(args.totp) if args.totp else "",
    }
    filled = False
    for field in visible(driver, "input"):
        value = values.get(field.get_attribute("name") or "", "")
        if value and field.get_attribute("type") in ("text", "password", "tel", "number"):
            if field.get_attribute("value") != value:
                field.clear()
                field.send_keys(value)
            filled = True
    words = ("deny",) if args.deny and not filled else ("allow", "continue", "sign in", "confirm", "verify", "next")
    for button in visible(driver, "button, input[type=submit], a#deny"):
        if any(word in (button.text or button.get_attribute("value") or "").lower() for word in words):
            button.click()
            return True
    return False


def main() -> int:
    """Run the browser on one address."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--totp", default="", help="base32 seed")
    parser.add_argument("--code", default="", help="device user code to type")
    parser.add_argument("--deny", action="store_true")
    parser.add_argument("--shots", default="", help="folder for a picture of each step")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as profile:
        driver = chromium(profile)
        try:
            driver.get(args.url)
            for number in range(12):
                if args.shots:
                    os.makedirs(args.shots, exist_ok=True)
                    driver.save_screenshot(os.path.join(args.shots, f"{number:02d}.png"))
                try:
                    if not step(driver, args):
                        return 0
                except StaleElementReferenceException:
                    continue
                time.sleep(0.2)
        except WebDriverException as stuck:
            # The client closes its listener as soon as it has the answer: the last page may be gone.
            return 0 if "ERR_CONNECTION" in str(stuck) else 1
        finally:
            driver.quit()
    return 1


if __name__ == "__main__":
    sys.exit(main())
