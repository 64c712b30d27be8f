"""Doing exercises on a page as a reader does them, for the tests that need a browser."""

import json

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.site.browsing import until

VARIANCE = """\
def standardize_batch(x, eps):
    centred = x - x.mean(axis=0)
    return centred / (centred.var(axis=0) + eps)
"""
DEVIATION = VARIANCE.replace("(centred.var(axis=0) + eps)", "np.sqrt(centred.var(axis=0) + eps)")
# Right but for the argument, which it changes: some of the points.
IN_PLACE = DEVIATION.replace(
    "centred = x - x.mean(axis=0)", "centred = x\n    centred -= x.mean(axis=0)"
)
FOREVER = "def standardize_batch(x, eps):\n    while True:\n        pass\n"


class Reader:
    """A reader in front of one page of exercises."""

    def __init__(self, driver, address):
        self.driver, self.address = driver, address

    def open(self, page="exercises/04_algorithm.html"):
        self.driver.get(f"{self.address}/{page}")
        self.until(lambda d: self.all(".practice-desk button"))

    def anew(self):
        """On the page of notebook 4, as one who has done nothing yet."""
        self.driver.get(f"{self.address}/search.html")
        self.forget()
        self.open()
        return self

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def until(self, condition, seconds=90):
        return until(self.driver, condition, seconds=seconds)

    def place(self, exercise):
        """The part of the page with an exercise's buttons and its report."""
        page = json.loads(self.one("#practice-page").get_attribute("textContent"))
        cells = page["cells"]
        id = next(c["id"] for c in cells if c["kind"] == "answer" and c["exercise"] == exercise)
        return self.one(f".practice-place[data-cell='{id}']")

    def button(self, text, within=None):
        """The visible button of that text."""
        buttons = (within or self.driver).find_elements(By.CSS_SELECTOR, "button")
        return next(b for b in buttons if b.text == text and b.is_displayed())

    def press(self, text, within=None):
        button = self.button(text, within)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def field(self, exercise):
        """The field that an exercise is written in, opened if it is not."""
        return self.field_in(self.place(exercise))

    def field_in(self, place):
        """The field of the cell that has its buttons in a place."""
        cell = self.one(f"#cell-{place.get_attribute('data-cell')}")
        if not cell.find_elements(By.CSS_SELECTOR, "textarea"):
            self.press("Edit", place)
        return self.until(lambda d: cell.find_elements(By.CSS_SELECTOR, "textarea"))[0]

    def write(self, exercise, source):
        """Put a source in the field's place, as a paste does."""
        self.write_in(self.place(exercise), source)

    def write_in(self, place, source):
        field = self.field_in(place)
        self.driver.execute_script("arguments[0].focus()", field)
        ActionChains(self.driver).key_down(Keys.CONTROL).send_keys("a").key_up(
            Keys.CONTROL
        ).perform()
        self.driver.execute_cdp_cmd("Input.insertText", {"text": source})

    def check(self, exercise):
        """Press Check, and the text of what comes of it."""
        place = self.place(exercise)
        self.press("Check", place)
        self.until(lambda d: place.find_element(By.CSS_SELECTOR, ".practice-main").is_enabled())
        return place.text

    def state(self, exercise):
        return self.place(exercise).find_element(By.CSS_SELECTOR, ".practice-state").text

    @property
    def line(self):
        return self.one(".practice-desk .practice-line").text

    def stored(self, notebook="04_algorithm"):
        """What the browser keeps of a notebook."""
        text = self.driver.execute_script(
            "return localStorage.getItem(arguments[0])", f"bn:practice:{notebook}"
        )
        return text and json.loads(text)

    def forget(self):
        self.driver.execute_script("localStorage.clear()")

    def choose(self, file):
        """Choose a file in the page's import."""
        self.one(".practice-desk input[type=file]").send_keys(str(file))
