// Is the process there, can it reach its database, and who is asking?
#include "handlers.hpp"
#include "statements.hpp"

namespace gateway {

Reply get_healthz(Exchange &) {
    return json_reply(200, R"({"ok":true,"status":"alive"})");
}

Reply get_readyz(Exchange &exchange) {
    const Call health{&statements::health, {}};
    const auto rows = exchange.database.run_open({&health, 1});
    if (!rows[0].truth(0, 0)) throw Problem::of_sqlstate("VV003");
    return json_reply(200, R"({"ok":true,"status":"ready"})");
}

Reply get_whoami(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::whoami, {}}}, Repeat::safe);
    return json_reply(200, std::string(rows[0].text(0, 0)));
}

}  // namespace gateway
