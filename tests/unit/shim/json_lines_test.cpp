// SPDX-License-Identifier: Apache-2.0
#include "json_lines.hpp"

#include "core/base/clock.hpp"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <random>
#include <sstream>

namespace rt::shim {
namespace {

constexpr std::int64_t kTime = 1'700'000'000'120'000'000;
constexpr const char* kOut = R"(","stream":"stdout","time":"2023-11-14T22:13:20.12Z"})";

class Collector final : public JsonLines::Out {
public:
    char* room(std::size_t size) override {
        if (buffer_.size() < size) buffer_.resize(size);
        return buffer_.data();
    }
    void used(char* end) override {
        ASSERT_LE(end, buffer_.data() + buffer_.size());
        text.append(buffer_.data(), end);
    }
    std::string text;

private:
    std::string buffer_;
};

std::string encoded(const std::vector<std::string>& pieces, Stream stream = Stream::out) {
    Collector out;
    JsonLines lines(out);
    for (const std::string& piece : pieces) lines.add(stream, piece, kTime);
    lines.finish(Stream::out, kTime);
    lines.finish(Stream::error, kTime);
    return out.text;
}

// The texts of the lines.
std::vector<std::string> texts(const std::string& log) {
    std::vector<std::string> result;
    std::istringstream in(log);
    for (std::string line; std::getline(in, line);)
        result.push_back(nlohmann::json::parse(line).at("log").get<std::string>());
    return result;
}

std::string escaped(std::string_view text) {
    std::string out(text.size() * 6 + 16, '\0');
    out.resize(static_cast<std::size_t>(escape_json(out.data(), text) - out.data()));
    return out;
}

TEST(JsonLines, AreThoseOfDockersLogs) {
    EXPECT_EQ(encoded({"hello\n"}), std::string(R"({"log":"hello\n)") + kOut + "\n");
    EXPECT_EQ(encoded({"x"}), std::string(R"({"log":"x)") + kOut + "\n")
        << "the end of the stream ends a line";
    EXPECT_EQ(encoded({"\n\n"}), std::string(R"({"log":"\n)") + kOut + "\n" + R"({"log":"\n)" + kOut + "\n");
    EXPECT_EQ(encoded({"e\n"}, Stream::error),
              "{\"log\":\"e\\n\",\"stream\":\"stderr\",\"time\":\"2023-11-14T22:13:20.12Z\"}\n");
    EXPECT_EQ(encoded({}), "");
    EXPECT_EQ(encoded({""}), "");
}

TEST(JsonLines, WriteTimesAsGoDoes) {
    const auto time = [](std::int64_t ns) {
        Collector out;
        JsonLines lines(out);
        lines.add(Stream::out, "x\n", ns);
        return nlohmann::json::parse(out.text).at("time").get<std::string>();
    };
    EXPECT_EQ(time(1'700'000'000'000'000'000), "2023-11-14T22:13:20Z");
    EXPECT_EQ(time(1'700'000'000'000'000'001), "2023-11-14T22:13:20.000000001Z");
    EXPECT_EQ(time(1'700'000'000'100'000'000), "2023-11-14T22:13:20.1Z");
}

TEST(JsonLines, JoinALineThatComesInPieces) {
    EXPECT_EQ(texts(encoded({"a", "b", "c\nd", "\n", "\n", "e"})),
              (std::vector<std::string>{"abc\n", "d\n", "\n", "e"}));
}

TEST(JsonLines, KeepTheStreamsApart) {
    Collector out;
    JsonLines lines(out);
    lines.add(Stream::out, "o1", kTime);
    lines.add(Stream::error, "e1", kTime);
    lines.add(Stream::out, "o2\n", kTime);
    lines.add(Stream::error, "e2\n", kTime);
    EXPECT_EQ(texts(out.text), (std::vector<std::string>{"o1o2\n", "e1e2\n"}));
}

TEST(JsonLines, AreCutAt16KiBWhereverThePiecesEnd) {
    const std::string piece(kLongestPiece, 'x');
    const std::vector<std::string> cut = {piece, "\n"};
    EXPECT_EQ(texts(encoded({piece + "\n"})), cut) << "exactly 16 KiB before its end: as docker does";
    EXPECT_EQ(texts(encoded({piece.substr(1) + "\n"})), (std::vector<std::string>{piece.substr(1) + "\n"}));
    EXPECT_EQ(texts(encoded({piece, "\n"})), cut);
    EXPECT_EQ(texts(encoded({piece + piece + "y\nz"})), (std::vector<std::string>{piece, piece, "y\n", "z"}));
    EXPECT_EQ(texts(encoded({"x", piece, piece})), (std::vector<std::string>{piece, piece, "x"}));
    EXPECT_EQ(texts(encoded({piece.substr(7), "xxxxxxx", "rest\n"})),
              (std::vector<std::string>{piece, "rest\n"}));
}

TEST(JsonLines, DoNotTearACharacterAtTheCut) {
    for (const std::string character : {"é", "€", "😀"})
        for (std::size_t before = kLongestPiece - 4; before <= kLongestPiece; ++before) {
            const std::string line = std::string(before, 'x') + character + "tail\n";
            std::string joined;
            for (const std::string& text : texts(encoded({line}))) joined += text;
            EXPECT_EQ(joined, line) << before;
            joined.clear();
            for (const std::string& text : texts(encoded({line.substr(0, 100), line.substr(100)})))
                joined += text;
            EXPECT_EQ(joined, line) << before;
        }
}

TEST(JsonLines, GoThroughBinaryGarbage) {
    std::mt19937 random(7); // NOLINT: the same each time
    for (int round = 0; round < 200; ++round) {
        std::vector<std::string> pieces(1 + random() % 4);
        for (std::string& piece : pieces) {
            piece.resize(random() % 40'000);
            for (char& c : piece) c = static_cast<char>(random());
        }
        EXPECT_NO_THROW((void)texts(encoded(pieces))) << "each line parses";
    }
}

TEST(EscapeJson, IsThatOfGo) {
    EXPECT_EQ(escaped("plain text, longer than a block of sixteen"),
              "plain text, longer than a block of sixteen");
    EXPECT_EQ(escaped("\"\\\n\r\t"), R"(\"\\\n\r\u0009)");
    EXPECT_EQ(escaped("<a>&"), R"(\u003ca\u003e\u0026)");
    EXPECT_EQ(escaped(std::string_view("\0\x01\x1f\x7f", 4)), "\\u0000\\u0001\\u001f\x7f");
    EXPECT_EQ(escaped("h\u00e9llo \u20ac \U0001F600"), "h\u00e9llo \u20ac \U0001F600");
    EXPECT_EQ(escaped("\u2028\u2029"), R"(\u2028\u2029)");
}

TEST(EscapeJson, ReplacesEachByteThatIsNotUtf8) {
    EXPECT_EQ(escaped("\xff"), R"(\ufffd)");
    EXPECT_EQ(escaped("a\x80z"), R"(a\ufffdz)");
    EXPECT_EQ(escaped("\xc0\xaf"), R"(\ufffd\ufffd)") << "not the shortest form";
    EXPECT_EQ(escaped("\xe0\x80\x80"), R"(\ufffd\ufffd\ufffd)") << "not the shortest form";
    EXPECT_EQ(escaped("\xed\xa0\x80"), R"(\ufffd\ufffd\ufffd)") << "a surrogate";
    EXPECT_EQ(escaped("\xf4\x90\x80\x80"), R"(\ufffd\ufffd\ufffd\ufffd)") << "above U+10FFFF";
    EXPECT_EQ(escaped("\xe2\x82"), R"(\ufffd\ufffd)") << "cut short";
}

TEST(EscapeJson, FindsWhatIsSpecialAtEachPlaceOfABlock) {
    for (std::size_t size = 1; size < 40; ++size)
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'x');
            text[at] = '<';
            std::string expected(size, 'x');
            expected.replace(at, 1, "\\u003c");
            EXPECT_EQ(escaped(text), expected);
        }
}

} // namespace
} // namespace rt::shim
