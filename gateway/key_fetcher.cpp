#include "key_fetcher.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include "access_log.hpp"
#include "aside.hpp"
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
    Aside aside;
    bool hurried = false;
};

KeyFetcher::KeyFetcher(const Door &door) : state_(std::make_shared<State>()) {
    if (!door.user.empty()) begin_aside(state_, [door](State &state) { run(state, door); });
}

KeyFetcher::~KeyFetcher() {
    state_->aside.leave();
}

void KeyFetcher::hurry() {
    const std::lock_guard lock(state_->aside.mutex);
    state_->hurried = true;
    state_->aside.changed.notify_all();
}

void KeyFetcher::run(State &state, const Door &door) {
    Aside &aside = state.aside;
    Database database(door);
    Troubles troubles;
    std::unique_lock lock(aside.mutex);
    while (!aside.stopping) {
        const bool early = std::exchange(state.hurried, false);
        lock.unlock();
        look(database, troubles, early);
        lock.lock();
        aside.changed.wait_for(lock, between_looks,
                               [&] { return aside.stopping || state.hurried; });
    }
}

}  // namespace gateway
