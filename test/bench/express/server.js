// What stands in front of Postgres today: Express 4 and pg, one process, a pool of ten, and four
// round trips a request: BEGIN, who is asking, the call, COMMIT. The routes are the gateway's.
"use strict";

const express = require("express");
const { Pool } = require("pg");

const pool = new Pool({ max: 10 });
const app = express();
app.use(express.json({ limit: "50mb" }));

const append = `SELECT m.* FROM vvault.append_message(session => $1, role => $2, content => $3,
                                                      client_id => $4) AS m`;
const list = `SELECT m.* FROM vvault.list_messages(session => $1, "limit" => $2,
                                                   descending => $3) AS m`;

async function asCaller(request, statement) {
    const token = (request.get("authorization") || "").replace(/^Bearer /, "");
    const client = await pool.connect();
    try {
        await client.query("BEGIN");
        await client.query({ name: "authenticate", text: "SELECT vvault.authenticate($1)",
                             values: [token] });
        const { rows } = await client.query(statement);
        await client.query("COMMIT");
        return rows;
    } catch (error) {
        await client.query("ROLLBACK");
        throw error;
    } finally {
        client.release();
    }
}

app.get("/conversations/:id/messages", async (request, response, next) => {
    try {
        const limit = Number(request.query.limit || 100);
        const values = [request.params.id, limit + 1, request.query.order === "desc"];
        const rows = await asCaller(request, { name: "list", text: list, values });
        response.json({ messages: rows.slice(0, limit), has_more: rows.length > limit });
    } catch (error) {
        next(error);
    }
});

app.post("/conversations/:id/messages", async (request, response, next) => {
    try {
        const { role, content, client_id } = request.body;
        const values = [request.params.id, role, content, client_id];
        const rows = await asCaller(request, { name: "append", text: append, values });
        response.status(201).json(rows[0]);
    } catch (error) {
        next(error);
    }
});

const server = app.listen(Number(process.env.PORT), "127.0.0.1");
server.keepAliveTimeout = 60000;
