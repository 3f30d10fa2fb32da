// What only Node has: import it beside the rest.
export { FileStore } from "./file_store.js";
