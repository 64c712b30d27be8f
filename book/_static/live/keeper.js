// Makes the copy of Python's memory that the next visit starts from, in a worker of its own: no
// reader's code has run in it, and the page does not wait for it.
//
// It is told the names of the packages that the copy shall hold.
import { fresh } from "./interpreter.js";
import { loaded } from "./libraries.js";
import { Packages } from "./packages.js";
import { Snapshots } from "./snapshot.js";
import { Supply } from "./supply.js";

addEventListener("message", async ({ data: names }) => {
  try {
    const supply = new Supply(() => {});
    const packages = new Packages(supply);
    const pyodide = await fresh(supply, packages, { _makeSnapshot: true });
    for (const name of names) await packages.install(pyodide, name);
    pyodide.runPython(`from bnlib.browser import warm; warm.up(${JSON.stringify(names)})`);
    const snapshots = new Snapshots(supply);
    const libraries = loaded(pyodide._module);
    const memory = pyodide.makeMemorySnapshot();
    await snapshots.keep({ packages: names, libraries, files: await packages.files(), memory });
    await supply.parts.tidy([...supply.addresses, ...snapshots.addresses]);
  } catch (error) {
    // The next visit starts from nothing, as this one did.
    console.warn(`Python's memory was not kept: ${error.message}`);
  } finally {
    close();
  }
});
