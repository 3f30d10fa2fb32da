#include "key_fetcher.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "access_log.hpp"
#include "database.hpp"
#include "json.hpp"
#include "statements.hpp"
#include "url_reader.hpp"

namespace gateway {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr seconds between_looks{15};
constexpr seconds shortest_wait{2};
constexpr seconds longest_wait{300};
constexpr seconds farewell{1};

std::string discovery_url(std::string issuer) {
    while (issuer.ends_with('/')) issuer.pop_back();
    return issuer + "/.well-known/openid-configuration";
}

// Where the issuer's own document says that its keys are. `problem` is set if it says nothing
// that may be believed (OpenID Connect Discovery, 4.3).
std::string discovered_url(const std::string &issuer, std::string &problem) {
    const auto fetched = read_url(discovery_url(issuer), {});
    if (fetched.status != 200) {
        problem = "its discovery document: " + fetched.trouble();
        return {};
    }
    const auto document = parse_json_object(fetched.body);
    if (document.string_if("issuer") != issuer) {
        problem = "its discovery document names another issuer";
        return {};
    }
    const auto url = document.string_if("jwks_uri").value_or("");
    if (!readable_url(url) || (is_loopback(url) && !is_loopback(issuer))) {
        problem = "its discovery document names no https URL for its keys";
        return {};
    }
    return url;
}

// An issuer that does not answer is asked again later and later.
struct Trouble {
    seconds wait{};
    Clock::time_point until{};
};
using Troubles = std::map<std::string, Trouble>;

// Nothing, or why it failed.
std::string refresh(Database &database, const std::string &issuer, std::string jwks_url,
                    const std::string &etag) {
    std::string problem;
    if (jwks_url.empty()) jwks_url = discovered_url(issuer, problem);
    if (!problem.empty()) return problem;
    const auto fetched = read_url(jwks_url, etag);
    if (fetched.status != 200 && !(fetched.status == 304 && !etag.empty()))
        return "its keys: " + fetched.trouble();
    const bool same = fetched.status == 304;
    const Call store{&statements::set_issuer_keys,
                     {issuer, same ? std::optional<std::string>() : std::optional(fetched.body),
                      same ? std::optional(etag) : fetched.etag, fetched.max_age}};
    const auto outcome = database.attempt_open({&store, 1}, Repeat::safe);
    if (!outcome.failure) {
        if (outcome.rows[0].truth(0, 0)) log_event("info", "an issuer has new keys", issuer);
        return {};
    }
    return "the database does not take them: " + outcome.failure->sqlstate;
}

void look(Database &database, Troubles &troubles, bool early) {
    const Call due{&statements::issuers_due, {early ? "true" : "false"}};
    const auto outcome = database.attempt_open({&due, 1}, Repeat::safe);
    if (outcome.failure) {
        log_event("warning", "cannot ask whose keys are due", outcome.failure->sqlstate);
        return;
    }
    const auto &rows = outcome.rows[0];
    for (int row = 0; row < rows.count(); ++row) {
        const std::string issuer(rows.text(row, 0));
        Trouble &trouble = troubles[issuer];
        if (Clock::now() < trouble.until) continue;
        std::string problem;
        try {
            problem = refresh(database, issuer, std::string(rows.text(row, 1)),
                              std::string(rows.text(row, 2)));
        } catch (const Problem &) {
            problem = "its answer is no JSON";
        }
        if (problem.empty()) {
            troubles.erase(issuer);
            continue;
        }
        trouble.wait = std::clamp(trouble.wait * 2, shortest_wait, longest_wait);
        trouble.until = Clock::now() + trouble.wait;
        log_event("warning", "the keys of an issuer were not fetched", issuer + ": " + problem);
    }
}

}  // namespace

struct KeyFetcher::State {
    std::mutex mutex;
    std::condition_variable changed;
    bool hurried = false;
    bool stopping = false;
    bool ended = false;
};

KeyFetcher::KeyFetcher(const std::string &user) : state_(std::make_shared<State>()) {
    state_->ended = user.empty();
    if (!user.empty()) std::thread(run, state_, user).detach();
}

KeyFetcher::~KeyFetcher() {
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
    state_->changed.wait_for(lock, farewell, [&] { return state_->ended; });
}

void KeyFetcher::hurry() {
    const std::lock_guard lock(state_->mutex);
    state_->hurried = true;
    state_->changed.notify_all();
}

void KeyFetcher::run(const std::shared_ptr<State> &state, const std::string &user) {
    Database database(nullptr, user);
    Troubles troubles;
    std::unique_lock lock(state->mutex);
    while (!state->stopping) {
        const bool early = std::exchange(state->hurried, false);
        lock.unlock();
        look(database, troubles, early);
        lock.lock();
        state->changed.wait_for(lock, between_looks,
                                [&] { return state->stopping || state->hurried; });
    }
    state->ended = true;
    state->changed.notify_all();
}

}  // namespace gateway
