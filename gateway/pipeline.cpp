#include "pipeline.hpp"

#include <cerrno>
#include <cstdlib>

#include <poll.h>

#include "access_log.hpp"

namespace gateway {

namespace {

// Behind this the server's own statement_timeout (30 s) has failed to help.
constexpr auto patience = std::chrono::seconds(40);
// libpq never gives back what its buffers have grown to; after a call of this
// size the connection is dropped rather than kept at hundreds of megabytes.
constexpr std::size_t heavy_bytes = std::size_t{16} << 20;

constexpr const char *session_options =
    " -c statement_timeout=30s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s"
    " -c TimeZone=UTC -c DateStyle=ISO,YMD -c bytea_output=hex -c standard_conforming_strings=on";

// The same until the end of a transaction.
const Statement transaction_options{
    "transaction_options",
    "SELECT pg_catalog.set_config(o.name, o.value, true) FROM (VALUES ('statement_timeout', '30s'),"
    " ('lock_timeout', '5s'), ('idle_in_transaction_session_timeout', '10s'), ('TimeZone', 'UTC'),"
    " ('DateStyle', 'ISO,YMD'), ('bytea_output', 'hex'), ('standard_conforming_strings', 'on'))"
    " AS o (name, value)"};

void ignore_notice(void *, const char *) {}  // a notice may quote content; stderr is a log

Failure failure_of(const PGresult *result) {
    const auto field = [result](int code) {
        const char *text = PQresultErrorField(result, code);
        return std::string(text ? text : "");
    };
    Failure failure{.sqlstate = field(PG_DIAG_SQLSTATE)};
    // A constraint's own text quotes the row. Ours are raised without a constraint.
    if (has_public_message(failure.sqlstate) && field(PG_DIAG_CONSTRAINT_NAME).empty()) {
        failure.message = field(PG_DIAG_MESSAGE_PRIMARY);
        failure.details = field(PG_DIAG_MESSAGE_DETAIL);
        const auto hint = field(PG_DIAG_MESSAGE_HINT);
        if (!hint.empty()) failure.details += (failure.details.empty() ? "" : " ") + hint;
    }
    return failure;
}

std::size_t bytes_in(const PGresult *result) {
    return PQntuples(result) > 0 ? PQresultMemorySize(result) : 0;
}

}  // namespace

std::unique_ptr<Pipeline> Pipeline::open(const Door &door) {
    const char *given = std::getenv("PGOPTIONS");
    const std::string options = std::string(given ? given : "") + session_options;
    const char *const keywords[] = {"application_name",
                                    "client_encoding",
                                    "connect_timeout",
                                    "tcp_user_timeout",
                                    "user",
                                    "options",
                                    nullptr};
    const char *const values[] = {"vvault-gateway",
                                  "UTF8",
                                  "5",
                                  "20000",
                                  door.user.empty() ? nullptr : door.user.c_str(),
                                  door.pooled ? nullptr : options.c_str(),
                                  nullptr};
    std::unique_ptr<Pipeline> pipeline(
        new Pipeline(PQconnectdbParams(keywords, values, 0), door.pooled));
    PGconn *connection = pipeline->connection_.get();
    if (PQstatus(connection) != CONNECTION_OK) {
        log_event("error", "database connection failed", PQerrorMessage(connection));
        return nullptr;
    }
    PQsetNoticeProcessor(connection, ignore_notice, nullptr);
    if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1)
        return nullptr;
    return pipeline;
}

bool Pipeline::wait(short events, Clock::time_point deadline) {
    for (;;) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd descriptor{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
        const int ready = poll(&descriptor, 1, static_cast<int>(left.count()));
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return false;
    }
}

bool Pipeline::still_there() {
    // Twice: a farewell message is read first, the end of the stream behind it.
    for (int look = 0; usable_ && look < 2; ++look) {
        pollfd descriptor{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
        if (poll(&descriptor, 1, 0) <= 0) return true;
        if (PQconsumeInput(connection_.get()) != 1) usable_ = false;
    }
    return usable_ && PQstatus(connection_.get()) == CONNECTION_OK;
}

// All preparing goes first: behind a call that fails it would be skipped.
bool Pipeline::prepare(std::span<const Call> calls, std::vector<const Statement *> &preparing) {
    for (const auto &call : calls) {
        const auto &name = call.statement->name;
        if (prepared_.contains(name)) continue;
        prepared_.insert(name);  // taken back in run() if the server disagrees
        preparing.push_back(call.statement);
        if (PQsendPrepare(connection_.get(), name.c_str(), call.statement->sql.c_str(), 0,
                          nullptr) != 1)
            return false;
    }
    return true;
}

bool Pipeline::send(const Call &call) {
    std::vector<const char *> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const auto &parameter : call.parameters) {
        values.push_back(parameter.data());
        lengths.push_back(static_cast<int>(parameter.size()));
        formats.push_back(parameter.binary() ? 1 : 0);
    }
    const auto count = static_cast<int>(values.size());
    const int result_format = call.statement->binary ? 1 : 0;
    if (pooled_)
        return PQsendQueryParams(connection_.get(), call.statement->sql.c_str(), count, nullptr,
                                 values.data(), lengths.data(), formats.data(), result_format) == 1;
    return PQsendQueryPrepared(connection_.get(), call.statement->name.c_str(), count,
                               values.data(), lengths.data(), formats.data(), result_format) == 1;
}

bool Pipeline::send(std::span<const Call> calls, std::vector<const Statement *> &preparing) {
    if (pooled_) {
        preparing.push_back(&transaction_options);
        if (!send({&transaction_options, {}})) return false;
    } else if (!prepare(calls, preparing)) {
        return false;
    }
    for (const auto &call : calls)
        if (!send(call)) return false;
    return PQpipelineSync(connection_.get()) == 1;
}

bool Pipeline::flush(Clock::time_point deadline) {
    PGconn *connection = connection_.get();
    for (;;) {
        const int more = PQflush(connection);
        if (more <= 0) return more == 0;
        // The server may be unable to read on before we have read from it.
        if (!wait(POLLIN | POLLOUT, deadline)) return false;
        if (PQconsumeInput(connection) != 1) return false;
    }
}

PGresult *Pipeline::next_result(Clock::time_point deadline, bool &lost) {
    PGconn *connection = connection_.get();
    while (PQisBusy(connection)) {
        if (!wait(POLLIN, deadline) || PQconsumeInput(connection) != 1) {
            lost = true;
            return nullptr;
        }
    }
    return PQgetResult(connection);
}

Outcome Pipeline::lost() {
    usable_ = false;
    return Outcome{.rows = {}, .failure = Failure{.sqlstate = "08006"}};
}

Outcome Pipeline::run(std::span<const Call> calls) {
    const auto deadline = Clock::now() + patience;
    std::vector<const Statement *> preparing;
    if (!send(calls, preparing) || !flush(deadline)) return lost();

    std::size_t bytes = 0;
    for (const auto &call : calls)
        for (const auto &parameter : call.parameters) bytes += parameter.size();

    Outcome outcome;
    std::size_t answered = 0;  // statements, those before the calls first, that were answered well
    for (int silence = 0;;) {
        bool is_lost = false;
        PGresult *result = next_result(deadline, is_lost);
        if (is_lost) return lost();
        if (!result) {
            // Null stands between two statements; two in a row is a broken stream.
            if (++silence > 1) return lost();
            continue;
        }
        silence = 0;
        Rows rows(result);
        const auto status = PQresultStatus(result);
        if (status == PGRES_PIPELINE_SYNC) break;
        if (status == PGRES_PIPELINE_ABORTED) continue;
        if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            if (++answered > preparing.size()) outcome.rows.push_back(std::move(rows));
            bytes += bytes_in(result);
        } else if (!outcome.failure) {
            outcome.failure = failure_of(result);
            if (outcome.failure->sqlstate.empty() || PQstatus(connection_.get()) != CONNECTION_OK)
                return lost();
        }
    }
    for (std::size_t i = answered; i < preparing.size(); ++i) prepared_.erase(preparing[i]->name);
    if (outcome.failure) outcome.rows.clear();
    if (!outcome.failure && outcome.rows.size() != calls.size()) return lost();
    if (bytes > heavy_bytes) usable_ = false;
    return outcome;
}

}  // namespace gateway
