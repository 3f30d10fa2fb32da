// vvault-witness: asks the ledger for its newest checkpoint, takes it only when it extends the
// one kept before, and then hands it on. SIGTERM and SIGINT end it; an alarm does not, as the
// next checkpoint may be the right one again, but it stays in the log, the state and the exit
// code.
#include <csignal>
#include <cstring>
#include <exception>
#include <iostream>
#include <list>
#include <mutex>

#include <curl/curl.h>

#include "command.hpp"
#include "config.hpp"
#include "endpoint.hpp"
#include "file.hpp"
#include "kept.hpp"
#include "ledger.hpp"
#include "relay.hpp"

namespace witness {

void say(const std::string &line) {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    std::cerr << "vvault-witness: " << line << std::endl;
}

namespace {

void start_relays(const Config &config, std::list<Relay> &relays) {
    const auto timeout = config.timeout;
    if (!config.file.empty())
        relays.emplace_back(
            "file " + config.file.string(),
            [path = config.file](const Handover &handover, Ledger &) {
                append_to_file(path, handover.note + "\n");
                return std::optional<std::string>();
            },
            timeout);
    if (!config.command.empty())
        relays.emplace_back(
            "command " + config.command[0],
            [command = config.command, timeout](const Handover &handover, Ledger &) {
                return run_command(command, handover.note, timeout);
            },
            timeout);
    if (!config.url.empty())
        relays.emplace_back(
            "endpoint " + config.url,
            [endpoint = Endpoint(config.url, timeout), state = config.state](
                const Handover &handover, Ledger &ledger) mutable {
                const auto error = endpoint.post(
                    handover.note, handover.size,
                    [&](auto from, auto to) { return ledger.consistency_proof(from, to); });
                if (!error)
                    replace_file(state / "cosigned", handover.note + endpoint.cosignature());
                return error;
            },
            timeout);
}

class Watch {
public:
    explicit Watch(const Config &config)
        : config_(config), kept_(config.state, config.keys), ledger_(config.timeout) {
        start_relays(config, relays_);
        hand_on();
    }

    void look() {
        try {
            const auto note = ledger_.newest_checkpoint();
            if (!note) return;
            const std::uint64_t before = kept_.size();
            const auto refusal = kept_.take(
                *note, [this](auto from, auto to) { return ledger_.consistency_proof(from, to); });
            if (refusal) return raise_alarm(*note, *refusal);
            if (kept_.size() == before && !error_) return;
            error_.reset();
            ledger_.report("witness", kept_.size(), std::nullopt);
            hand_on();
        } catch (const std::exception &failure) {
            if (error_ != failure.what()) say(failure.what());
            error_ = failure.what();
        }
    }

    bool alarmed() const { return alarmed_; }

private:
    void hand_on() {
        if (kept_.size() == 0) return;
        for (auto &relay : relays_) relay.offer({kept_.note(), kept_.size()});
    }

    // What was refused is the evidence, so it is kept beside what it contradicts.
    void raise_alarm(const std::string &note, const std::string &reason) {
        if (error_ == reason) return;
        say("ALARM: " + reason);
        alarmed_ = true;
        replace_file(config_.state / "refused", note);
        ledger_.report("witness", std::nullopt, "ALARM: " + reason);
        error_ = reason;
    }

    const Config &config_;
    Kept kept_;
    Ledger ledger_;
    std::list<Relay> relays_;
    std::optional<std::string> error_;
    bool alarmed_ = false;
};

int run() {
    // Before any thread, so that all have them blocked and only the wait below sees them.
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);

    const Config config = Config::from_environment();
    Watch watch(config);
    const auto milliseconds = config.interval.count();
    const timespec interval{milliseconds / 1000, milliseconds % 1000 * 1'000'000};
    do watch.look();
    while (sigtimedwait(&ending, nullptr, &interval) < 0);
    return watch.alarmed() ? 3 : 0;
}

}  // namespace

}  // namespace witness

int main(int argc, char **argv) {
    if (argc > 1) {
        std::cout << witness::Config::help();
        return std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0 ? 0 : 2;
    }
    try {
        return witness::run();
    } catch (const std::exception &failure) {
        witness::say(failure.what());
        return 1;
    }
}
