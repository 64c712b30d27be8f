"""A chapter's page in a browser, with its live cells."""

from __future__ import annotations

from tests.site.browsing import until

CHAPTER = "book/04_algorithm.html"
# Python has to be loaded, and the machine may have other things to do.
PATIENCE = 90


class LivePage:
    """What a reader does with the cells, and what is seen of them. ``cell`` is a cell's place."""

    def __init__(self, driver, address: str, page: str = CHAPTER):
        self.driver, self.address, self.page = driver, address, page

    def open(self) -> LivePage:
        self.driver.get(f"{self.address}/{self.page}")
        self.until("return document.querySelector('.live-bar')")
        return self

    def forget(self) -> None:
        """Leave nothing of what was edited."""
        self.driver.execute_script("localStorage.clear()")

    def until(self, script: str, *arguments, seconds: float = PATIENCE):
        """What the script returns as soon as that is true."""
        return until(self.driver, script, *arguments, seconds=seconds)

    def cell(self, cell: int):
        return self.driver.find_element("css selector", f".cell.live-{cell}")

    def cells(self) -> list[int]:
        """The places of the cells that can run."""
        return self.driver.execute_script(
            """return [...document.querySelectorAll(".cell.live")]
                   .map(e => Number(/live-(\\d+)/.exec(e.className)[1]))"""
        )

    def press(self, cell: int | None, text: str) -> None:
        """Press a button of a cell, or of the page where cell is None."""
        bar = ".live-page" if cell is None else f".cell.live-{cell} .live-bar"
        button = self.until(
            """return [...document.querySelectorAll(arguments[0] + " button")]
                   .find(b => b.textContent === arguments[1] && !b.hidden)""",
            bar,
            text,
        )
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def run(self, cell: int) -> str:
        """Run a cell to its end; what its line says then."""
        self.driver.execute_script(
            "document.querySelector(arguments[0]).textContent = ''",
            f".cell.live-{cell} .live-status",
        )
        self.press(cell, "Run")
        return self.ended(cell)

    def ended(self, cell: int) -> str:
        self.until(
            """const cell = document.querySelector(arguments[0]);
               return !cell.hasAttribute("aria-busy")
                   && cell.querySelector(".live-status").textContent
            """,
            f".cell.live-{cell}",
        )
        return self.says(cell)

    def says(self, cell: int) -> str:
        return self.driver.execute_script(
            "return document.querySelector(arguments[0]).textContent",
            f".cell.live-{cell} .live-status",
        )

    def no_worker_is_left(self) -> None:
        """Wait until Python has ended, and with it what it loaded; a loop is given some seconds."""

        def ended(driver):
            targets = driver.execute_cdp_cmd("Target.getTargets", {})["targetInfos"]
            return not [target for target in targets if target["type"] == "worker"]

        until(self.driver, ended, seconds=10)

    def output(self, cell: int) -> str:
        """The text that stands below a cell now."""
        return self.driver.execute_script(
            "return document.querySelector(arguments[0])?.innerText ?? ''",
            f".cell.live-{cell} > .cell_output",
        )

    def picture(self, cell: int) -> str:
        return self.driver.execute_script(
            "return document.querySelector(arguments[0]).src", f".cell.live-{cell} .cell_output img"
        )

    def edit(self, cell: int, text: str | None = None, old: str = "", new: str = "") -> None:
        """Open the editor, and type a text anew or a part of it in place of another."""
        area = f".cell.live-{cell} textarea"
        if not self.driver.find_elements("css selector", area):
            self.press(cell, "Edit")
        self.until("return document.querySelector(arguments[0])", area)
        self.driver.execute_script(
            """
            const area = document.querySelector(arguments[0]);
            const [, text, old, now] = arguments;
            area.value = text ?? area.value.replace(old, now);
            area.dispatchEvent(new InputEvent("input", { bubbles: true }));
            """,
            area,
            text,
            old,
            new,
        )

    def code(self, cell: int) -> str:
        """The code of a cell as it is seen."""
        return self.driver.execute_script(
            """const cell = document.querySelector(arguments[0]);
               return cell.querySelector("textarea")?.value
                   ?? cell.querySelector(".cell_input pre").textContent.replace(/\\n$/, "")""",
            f".cell.live-{cell}",
        )
