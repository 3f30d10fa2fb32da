// What the ledger says of itself, for the metrics: how much is not sealed yet and
// since when. A thread asks for it, every few seconds and only while somebody
// reads the metrics; no request ever waits for the answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "database.hpp"

namespace gateway {

class LedgerWatch {
public:
    struct Figure {
        std::string name;  // "unsealed_entries"
        std::string help;
        std::string value;
    };

    explicit LedgerWatch(const Door &door);
    ~LedgerWatch();
    LedgerWatch(const LedgerWatch &) = delete;
    LedgerWatch &operator=(const LedgerWatch &) = delete;

    // The newest figures, or none where they are unknown or old. Has them kept
    // up to date for a while.
    std::vector<Figure> figures();

private:
    // Of the thread too, which may outlive this while it hangs in the database.
    struct State;
    std::shared_ptr<State> state_;

    static void watch(State &state, const Door &door);
};

}  // namespace gateway
