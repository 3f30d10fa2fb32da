#include "ledger.hpp"

#include <algorithm>
#include <stdexcept>

namespace witness {

namespace {

constexpr std::string_view not_sealed = "VV014";

std::string first_line(const char *message) {
    const std::string text = message ? message : "";
    return text.substr(0, text.find('\n'));
}

}  // namespace

void Ledger::connect() {
    if (connection_ && PQstatus(connection_.get()) == CONNECTION_OK) return;
    const std::string seconds = std::to_string(std::max<long>(2, timeout_.count() / 1000));
    const std::string options = "-c statement_timeout=" + std::to_string(timeout_.count());
    const char *names[] = {"connect_timeout", "options", "fallback_application_name",
                           "tcp_user_timeout", nullptr};
    const std::string patience = std::to_string(timeout_.count());
    const char *values[] = {seconds.c_str(), options.c_str(), "vvault-witness", patience.c_str(),
                            nullptr};
    connection_.reset(PQconnectdbParams(names, values, 1));
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        const std::string message = first_line(PQerrorMessage(connection_.get()));
        connection_.reset();
        throw std::runtime_error("no connection: " + message);
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void *, const char *) {}, nullptr);
}

Ledger::Result Ledger::run(const char *sql, const std::vector<std::optional<std::string>> &values) {
    connect();
    std::vector<const char *> texts;
    for (const auto &value : values) texts.push_back(value ? value->c_str() : nullptr);
    Result result(PQexecParams(connection_.get(), sql, static_cast<int>(texts.size()), nullptr,
                               texts.data(), nullptr, nullptr, 0));
    const auto status = PQresultStatus(result.get());
    if (status == PGRES_TUPLES_OK) return result;
    const char *sqlstate = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    if (sqlstate && sqlstate == not_sealed) return nullptr;
    const std::string message = first_line(PQerrorMessage(connection_.get()));
    if (PQstatus(connection_.get()) != CONNECTION_OK) connection_.reset();
    throw std::runtime_error(message);
}

std::optional<std::string> Ledger::newest_checkpoint() {
    const Result result = run("SELECT vvault.ledger_checkpoint()", {});
    if (!result) return std::nullopt;
    return PQgetvalue(result.get(), 0, 0);
}

std::vector<vvault::Digest> Ledger::consistency_proof(std::uint64_t from, std::uint64_t to) {
    const Result result =
        run("SELECT encode(h.hash, 'hex') FROM unnest(vvault.ledger_consistency_proof($1, $2))"
            " WITH ORDINALITY AS h(hash, n) ORDER BY h.n",
            {std::to_string(from), std::to_string(to)});
    std::vector<vvault::Digest> proof;
    for (int row = 0; result && row < PQntuples(result.get()); ++row) {
        const auto bytes = vvault::from_hex(PQgetvalue(result.get(), row, 0));
        vvault::Digest hash{};
        if (!bytes || bytes->size() != hash.size())
            throw std::runtime_error("the database gives a proof that is none");
        std::ranges::copy(*bytes, hash.begin());
        proof.push_back(hash);
    }
    return proof;
}

void Ledger::report(const std::string &name, std::optional<std::uint64_t> size,
                    const std::optional<std::string> &error) {
    run("SELECT vvault.ledger_report_witness($1, $2, $3)",
        {name, size ? std::optional(std::to_string(*size)) : std::nullopt, error});
}

}  // namespace witness
