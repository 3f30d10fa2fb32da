#include "consistency_file.hpp"

#include "flat_json.hpp"
#include "verdict.hpp"

namespace verifier {

ConsistencyFile consistency_from_text(std::string_view text) {
    try {
        FlatJson json = FlatJson::from_text(text);
        ConsistencyFile file;
        file.from = required(json.take_unsigned("from"), "from");
        file.to = required(json.take_unsigned("to"), "to");
        file.proof = required(json.take_digests("proof"), "proof");
        return file;
    } catch (const Unusable &problem) {
        throw Unusable(std::string("the consistency proof cannot be used: ") + problem.what());
    }
}

}  // namespace verifier
