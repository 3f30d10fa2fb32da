// What handlers know of Postgres: calls go in, rows come out, all calls of one
// request in one round trip and one transaction, behind the caller's token. Each
// worker has one Database, which is one connection, remade when it is lost.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "metrics.hpp"
#include "problem.hpp"

namespace gateway {

// A statement is prepared once a connection, at its first use. `binary` asks for
// binary results: for bytea beside columns cast to text.
struct Statement {
    std::string name;
    std::string sql;
    bool binary = false;
    // The same with the token behind its parameters, for a call that comes alone: one statement
    // is cheaper than two.
    const Statement *with_token = nullptr;
};

class Parameter {
public:
    Parameter(std::optional<std::string> text) : text_(std::move(text)) {}
    Parameter(std::string text) : text_(std::move(text)) {}
    Parameter(const char *text) : text_(text) {}
    Parameter(std::nullopt_t) {}
    Parameter(std::optional<std::int64_t> number) {
        if (number) text_ = std::to_string(*number);
    }
    // For what is large: sent from where it lies, which must outlive the call.
    static Parameter bytes(std::string_view raw) {
        Parameter parameter(std::nullopt);
        parameter.raw_ = raw;
        parameter.binary_ = true;
        return parameter;
    }

    bool binary() const { return binary_; }
    const char *data() const {
        if (binary_) return raw_.data();
        return text_ ? text_->c_str() : nullptr;
    }
    std::size_t size() const { return binary_ ? raw_.size() : text_ ? text_->size() : 0; }

private:
    std::optional<std::string> text_;
    std::string_view raw_;
    bool binary_ = false;
};

struct Call {
    const Statement *statement;
    std::vector<Parameter> parameters;
};

// Read-only view on one call's rows.
class Rows {
public:
    explicit Rows(PGresult *result) : result_(result) {}

    int count() const { return PQntuples(result_.get()); }
    bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
    std::string_view text(int row, int column) const {  // empty for null
        return {PQgetvalue(result_.get(), row, column),
                static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
    }
    std::optional<std::string_view> maybe(int row, int column) const {
        if (is_null(row, column)) return std::nullopt;
        return text(row, column);
    }
    bool truth(int row, int column) const { return text(row, column) == "t"; }
    std::int64_t integer(int row, int column) const;
    // About what it takes to write all of it as objects, so that it is written where it lies.
    std::size_t json_size() const;

private:
    struct Clear {
        void operator()(PGresult *result) const { PQclear(result); }
    };
    std::unique_ptr<PGresult, Clear> result_;
};

struct Failure {
    std::string sqlstate;
    std::string message = {};
    std::string details = {};

    Problem problem() const;
};

// A lost connection and a refusal by the database are both ordinary outcomes.
struct Outcome {
    std::vector<Rows> rows;  // one for each call; empty if it failed
    std::optional<Failure> failure;
};

// May the calls run twice? Only then are they repeated when the connection is
// lost before the commit was heard of.
enum class Repeat { never, safe };

class Pipeline;

// How it is reached, beside what libpq finds for itself.
struct Door {
    // Through a pooler that gives each transaction another server connection: nothing is
    // prepared or set for longer than a transaction.
    bool pooled = false;
    std::string user = {};  // empty: the one that libpq finds
};

class Database {
public:
    // What it counts goes to `counts`, if there is one, which must outlive it.
    explicit Database(Door door, DatabaseCounts *counts = nullptr);
    ~Database();

    // As the token's user, all or nothing. Throws Problem on any failure …
    std::vector<Rows> run(const std::string &token, std::span<const Call> calls, Repeat repeat);
    // … or hands it back, where the handler has another way to go.
    Outcome attempt(const std::string &token, std::span<const Call> calls, Repeat repeat);
    // Without an identity: for what asks for none.
    std::vector<Rows> run_open(std::span<const Call> calls);
    Outcome attempt_open(std::span<const Call> calls, Repeat repeat);

    // For the request that begins: its calls carry this name in the server's log
    // and in pg_stat_activity. Empty: they carry the gateway's. Starts the clock
    // of time_spent() anew.
    void begin_request(std::string application_name);
    std::chrono::microseconds time_spent() const { return spent_; }

private:
    const Door door_;
    std::unique_ptr<Pipeline> pipeline_;
    std::chrono::steady_clock::time_point next_connect_{};
    unsigned arrivals_known_ = 0;
    std::chrono::milliseconds backoff_{0};
    DatabaseCounts *const counts_;
    std::string application_name_;
    std::chrono::microseconds spent_{0};

    bool connect();
    Outcome run_once(std::span<const Call> calls);
    Outcome repeat_until_heard(std::span<const Call> calls, Repeat repeat);
};

}  // namespace gateway
