#include "ledger_snapshot.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "error.hpp"

namespace vvault {

namespace {

std::optional<std::uint64_t> take_number(std::string_view &text) {
    std::uint64_t number = 0;
    const auto [stopped, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    return number;
}

bool take(std::string_view &text, char wanted) {
    if (text.empty() || text.front() != wanted) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

LedgerSnapshot LedgerSnapshot::from_text(std::string_view text) {
    const Error refused(Errc::invalid_argument, "this is no snapshot of transactions");
    LedgerSnapshot snapshot;
    const auto begin = take_number(text);
    if (!begin || !take(text, ':')) throw refused;
    const auto end = take_number(text);
    if (!end || *end < *begin || !take(text, ':')) throw refused;
    snapshot.begin_ = *begin;
    snapshot.end_ = *end;
    while (!text.empty()) {
        if (!snapshot.in_progress_.empty() && !take(text, ',')) throw refused;
        const auto transaction = take_number(text);
        if (!transaction || *transaction < *begin || *transaction >= *end ||
            (!snapshot.in_progress_.empty() && snapshot.in_progress_.back() >= *transaction))
            throw refused;
        snapshot.in_progress_.push_back(*transaction);
    }
    return snapshot;
}

std::string LedgerSnapshot::text() const {
    std::string text = std::to_string(begin_) + ":" + std::to_string(end_) + ":";
    for (const std::uint64_t transaction : in_progress_) {
        if (text.back() != ':') text += ",";
        text += std::to_string(transaction);
    }
    return text;
}

bool LedgerSnapshot::shows(std::uint64_t transaction) const {
    return transaction < begin_ ||
           (transaction < end_ && !std::ranges::binary_search(in_progress_, transaction));
}

void LedgerSnapshot::hide(std::uint64_t transaction) {
    if (!shows(transaction)) return;
    begin_ = std::min(begin_, transaction);
    in_progress_.insert(std::ranges::lower_bound(in_progress_, transaction), transaction);
}

}  // namespace vvault
