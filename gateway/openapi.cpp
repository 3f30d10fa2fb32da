#include "openapi.hpp"

#include <nlohmann/json.hpp>

#include "handlers.hpp"
#include "text.hpp"

namespace gateway {

const std::string &openapi_document() {
    static const std::string document = [] {
        auto merged = nlohmann::ordered_json::object();
        // The document's own part first, so that readers find it at the top.
        for (const bool head : {true, false})
            for (const auto part : openapi_parts()) {
                const auto parsed = nlohmann::ordered_json::parse(part);
                if (parsed.contains("openapi") == head) merged.merge_patch(parsed);
            }
        return merged.dump();
    }();
    return document;
}

Reply get_openapi(Exchange &exchange) {
    static const std::string etag = "\"" + sha256_hex(openapi_document()) + "\"";
    auto reply = with_etag(json_reply(200, openapi_document()), etag,
                           exchange.request.head.field("if-none-match"));
    // Anybody's to read: no token was asked for.
    for (auto &[name, value] : reply.headers)
        if (name == "Cache-Control") value = "no-cache";
    return reply;
}

}  // namespace gateway
