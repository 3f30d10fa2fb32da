// Which transactions a batch of the ledger has seen: Postgres' pg_snapshot, whose text
// is xmin:xmax:xip,xip,… A later one shows all that an earlier one does, so the entries
// between two are those of the transactions that only the later shows: each once, and
// none is missed, in whatever order transactions began and ended.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"

namespace vvault {

class LedgerSnapshot {
public:
    // Errc::invalid_argument for any other text than that of a pg_snapshot.
    static LedgerSnapshot from_text(std::string_view text);
    std::string text() const;

    bool shows(std::uint64_t transaction) const;

    // What a transaction sees of itself is no part of it: it is not committed yet.
    void hide(std::uint64_t transaction);

    std::uint64_t end() const { return end_; }  // from here on nothing is shown
    const std::vector<std::uint64_t> &in_progress() const { return in_progress_; }

private:
    std::uint64_t begin_ = 1;  // below it everything is shown
    std::uint64_t end_ = 1;
    std::vector<std::uint64_t> in_progress_;  // ascending
};

}  // namespace vvault
