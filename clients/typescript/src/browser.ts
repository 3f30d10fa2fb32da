// What only a browser has: import it beside the rest.
export { IndexedDbStore } from "./indexed_db.js";
export { wakeWithPage } from "./page.js";
