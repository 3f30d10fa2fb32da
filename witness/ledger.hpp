// The ledger as a vault's database gives it: three calls over one connection, which is made
// again when it is lost. Errors are std::runtime_error, and the next call tries anew.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "core/bytes.hpp"

namespace witness {

class Ledger {
public:
    explicit Ledger(std::chrono::milliseconds timeout) : timeout_(timeout) {}

    // Nothing before the first.
    std::optional<std::string> newest_checkpoint();
    std::vector<vvault::Digest> consistency_proof(std::uint64_t from, std::uint64_t to);
    void report(const std::string &name, std::optional<std::uint64_t> size,
                const std::optional<std::string> &error);

private:
    struct Clear {
        void operator()(PGresult *result) const { PQclear(result); }
    };
    struct Finish {
        void operator()(PGconn *connection) const { PQfinish(connection); }
    };
    using Result = std::unique_ptr<PGresult, Clear>;

    void connect();
    Result run(const char *sql, const std::vector<std::optional<std::string>> &values);

    std::chrono::milliseconds timeout_;
    std::unique_ptr<PGconn, Finish> connection_;
};

}  // namespace witness
