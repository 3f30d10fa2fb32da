// Signed notes and checkpoints: those that another program signed are accepted and
// signed alike, and whatever is not exactly one is refused with the reason.
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/checkpoint.hpp"
#include "core/merkle.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using nlohmann::json;
using test::error_of;
using test::expect_error;

const json &vectors() {
    static const json all = [] {
        std::ifstream file(VVAULT_TEST_DIR "/vectors/notes.json");
        return json::parse(file);
    }();
    return all;
}

struct Known {
    std::vector<SecretKey> seeds;
    std::vector<NoteSigner> signers;
    std::vector<NoteKey> keys;

    Known() {
        for (const json &signer : vectors().at("signers"))
            seeds.push_back(
                SecretKey::from(from_hex(signer.at("seed").get<std::string>()).value()));
        for (std::size_t i = 0; i < seeds.size(); ++i) {
            signers.push_back({vectors().at("signers")[i].at("name"), seeds[i]});
            keys.push_back(signers.back().key());
        }
    }
};

std::string text_at(const json &from, const char *name) {
    return from.at(name).get<std::string>();
}

TEST(NoteKey, IsThatOfTheVectorsAndReadsItsOwnText) {
    const Known known;
    ASSERT_EQ(known.keys.size(), 4u);
    for (std::size_t i = 0; i < known.keys.size(); ++i) {
        const std::string text = text_at(vectors().at("signers")[i], "key");
        EXPECT_EQ(known.keys[i].text(), text);
        EXPECT_EQ(NoteKey::from_text(text), known.keys[i]);
    }
}

TEST(NoteKey, AnythingElseIsRefused) {
    EXPECT_GE(vectors().at("bad_keys").size(), 14u);
    for (const json &bad : vectors().at("bad_keys")) {
        SCOPED_TRACE(bad.at("name"));
        expect_error(Errc::invalid_argument, [&] { NoteKey::from_text(text_at(bad, "key")); });
    }
}

TEST(SignedNote, IsSignedAsByAnotherProgram) {
    const Known known;
    std::size_t signed_alike = 0;
    for (const json &good : vectors().at("good")) {
        const SignedNote note = SignedNote::from_text(text_at(good, "note"));
        std::vector<NoteSigner> signers;
        for (const NoteSignature &line : note.signatures)
            for (const NoteSigner &signer : known.signers)
                if (signer.name == line.name && signer.key().id() == line.key_id)
                    signers.push_back(signer);
        // Those with a line of somebody else cannot be made here.
        if (signers.size() != note.signatures.size()) continue;
        EXPECT_EQ(sign_note(note.text, signers), good.at("note"));
        ++signed_alike;
    }
    EXPECT_GE(signed_alike, 8u);
}

TEST(SignedNote, NamesThoseWhoSigned) {
    const Known known;
    EXPECT_GE(vectors().at("good").size(), 14u);
    for (const json &good : vectors().at("good")) {
        SCOPED_TRACE(good.at("name"));
        const SignedNote note = SignedNote::from_text(text_at(good, "note"));
        EXPECT_EQ(note.text, good.at("text"));
        std::vector<NoteKey> expected;
        for (const json &key : good.at("signers"))
            expected.push_back(NoteKey::from_text(key.get<std::string>()));
        EXPECT_EQ(signers_of(note, known.keys), expected);
        EXPECT_TRUE(signers_of(note, {}).empty());
    }
}

TEST(SignedNote, AMalformedOneIsRefusedAndOneOfAnotherTextDoesNotOpen) {
    const Known known;
    EXPECT_GE(vectors().at("bad").size(), 30u);
    for (const json &bad : vectors().at("bad")) {
        SCOPED_TRACE(bad.at("name"));
        const bool malformed = bad.at("why") == "malformed";
        expect_error(malformed ? Errc::invalid_argument : Errc::does_not_open,
                     [&] { signers_of(SignedNote::from_text(text_at(bad, "note")), known.keys); });
    }
}

TEST(SignedNote, NotUtf8IsRefused) {
    const std::string good = text_at(vectors().at("good")[0], "note");
    for (const char *bytes : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82"})
        expect_error(Errc::invalid_argument, [&] { SignedNote::from_text(bytes + good); });
}

TEST(SignedNote, EveryChangedByteOfTextOrSignatureIsNoticed) {
    const Known known;
    const std::string good = text_at(vectors().at("good")[0], "note");
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string changed = good;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        bool believed = false;
        try {
            believed = !signers_of(SignedNote::from_text(changed), known.keys).empty();
        } catch (const Error &) {
        }
        EXPECT_FALSE(believed) << "byte " << i;
    }
}

TEST(SignedNote, OnlyANoteThatCanBeReadIsSigned) {
    const Known known;
    for (const std::string text : {"", "no newline", "a\tb\n", "a\r\n", "\xff\n"})
        expect_error(Errc::invalid_argument, [&] { sign_note(text, known.signers); });
    expect_error(Errc::invalid_argument, [&] { sign_note("text\n", {}); });
    for (const std::string name : {"", "a b", "a+b", "a\nb", "a\u00a0b"}) {
        const NoteSigner signer{name, known.seeds[0]};
        expect_error(Errc::invalid_argument, [&] { sign_note("text\n", {&signer, 1}); });
    }
}

TEST(Checkpoint, IsReadAsItIsWritten) {
    Checkpoint checkpoint{.origin = "vvault/some vault", .size = 5, .root = merkle::empty_root()};
    EXPECT_EQ(checkpoint.text(),
              "vvault/some vault\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    EXPECT_EQ(Checkpoint::from_text(checkpoint.text()), checkpoint);
    checkpoint.extensions = {"one", "two"};
    EXPECT_TRUE(checkpoint.text().ends_with("=\none\ntwo\n"));
    EXPECT_EQ(Checkpoint::from_text(checkpoint.text()), checkpoint);
}

TEST(Checkpoint, AnythingElseIsRefused) {
    EXPECT_GE(vectors().at("bad_checkpoints").size(), 26u);
    for (const json &bad : vectors().at("bad_checkpoints")) {
        SCOPED_TRACE(bad.at("name"));
        expect_error(Errc::invalid_argument, [&] { Checkpoint::from_text(text_at(bad, "text")); });
    }
}

TEST(Checkpoint, OpensWhenItsOriginSignedIt) {
    const Known known;
    for (const json &good : vectors().at("good")) {
        SCOPED_TRACE(good.at("name"));
        if (good.at("signers").empty()) {
            expect_error(Errc::does_not_open,
                         [&] { open_checkpoint(text_at(good, "note"), known.keys); });
            continue;
        }
        const Checkpoint checkpoint = open_checkpoint(text_at(good, "note"), known.keys);
        EXPECT_EQ(checkpoint.origin, vectors().at("origin"));
        EXPECT_EQ(checkpoint.text(), good.at("text"));
    }
}

TEST(Checkpoint, AWitnessAloneDoesNotSpeakForTheLog) {
    const Known known;
    const std::string text = text_at(vectors().at("good")[0], "text");
    const std::string note = sign_note(text, {&known.signers[2], 1});
    const Error error = error_of([&] { open_checkpoint(note, known.keys); });
    EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(Errc::does_not_open));
    EXPECT_NE(error.message().find(text_at(vectors(), "origin")), std::string::npos);
}

TEST(Checkpoint, OpensUnderTheOldAndTheNewKeyOfARotation) {
    const Known known;
    const std::string text = text_at(vectors().at("good")[0], "text");
    for (const std::size_t key : {0, 1}) {
        const std::string note = sign_note(text, {&known.signers[key], 1});
        EXPECT_EQ(open_checkpoint(note, known.keys).text(), text);
        expect_error(Errc::does_not_open, [&] {
            open_checkpoint(note, {&known.keys[1 - key], 1});
        });
    }
}

}  // namespace
}  // namespace vvault
