// SPDX-License-Identifier: Apache-2.0
#include "tools/rtctl/template.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace {

using rt::Json;
using rt::cli::Template;

const Json kData = Json::parse(R"({
    "Id": "abc", "Name": "/web", "Running": true, "Pid": 42, "Load": 1.5, "Nothing": null, "Empty": [],
    "State": {"Status": "running", "Health": {"Log": [{"ExitCode": 0}, {"ExitCode": 7}]}},
    "Labels": {"b.x": "2", "a": "1"},
    "Args": ["one", "two", "three"]})");

std::string render(const std::string& text) {
    const auto parsed = Template::parse(text);
    if (!parsed) return "parse: " + parsed.error().message;
    const auto rendered = parsed->render(kData);
    return rendered ? *rendered : "render: " + rendered.error().message;
}

struct Case {
    const char* text;
    const char* result;
};

void check(std::initializer_list<Case> cases) {
    for (const Case& each : cases) EXPECT_EQ(render(each.text), each.result) << each.text;
}

TEST(Template, ShowsFieldsAsGoDoes) {
    check({{"plain", "plain"},
           {"{{.Id}}", "abc"},
           {"{{ .State.Status }}!", "running!"},
           {"{{.Running}} {{.Pid}} {{.Load}}", "true 42 1.5"},
           {"{{.Nothing}}", "<no value>"},
           {"{{.Args}} {{.Labels}}", "[one two three] map[a:1 b.x:2]"},
           {"{{/* a \"comment */}}x", "x"},
           {"{{\"a\\tb\"}}{{`\\n`}}", "a\tb\\n"}});
}

TEST(Template, KnowsIndexAndJson) {
    check({{"{{json .Args}}", R"(["one","two","three"])"},
           {"{{json .State}}", R"({"Health":{"Log":[{"ExitCode":0},{"ExitCode":7}]},"Status":"running"})"},
           {"{{index .Labels \"b.x\"}}", "2"},
           {"{{index .Labels \"none\"}}", "<no value>"},
           {"{{index .Args 1}}", "two"},
           {"{{(index .State.Health.Log 1).ExitCode}}", "7"},
           {"{{.State | json | len}}", "69"}});
}

TEST(Template, RangesOverListsAndSortedMaps) {
    check({{"{{range .Args}}<{{.}}>{{end}}", "<one><two><three>"},
           {"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a=1;b.x=2;"},
           {"{{range $i, $e := .Args}}{{if $i}},{{end}}{{$e}}{{end}}", "one,two,three"},
           {"{{range $e := .Args}}{{$e}}{{$.Pid}} {{end}}", "one42 two42 three42 "},
           {"{{range .Empty}}x{{else}}none{{end}}", "none"},
           {"{{range .Nothing}}x{{else}}none{{end}}", "none"}});
}

TEST(Template, DecidesAndBinds) {
    check(
        {{"{{if .Running}}up{{else}}down{{end}}", "up"},
         {"{{if not .Running}}up{{else if eq .Pid 42}}pid{{else}}down{{end}}", "pid"},
         {"{{if and .Running (gt .Pid 41) (lt .Pid 43)}}y{{end}}", "y"},
         {"{{if or .Nothing (eq .Id \"x\" \"abc\")}}y{{end}}", "y"},
         {"{{and .Running .Missing}}", "render: template: at column 16: at <.Missing>: map has no entry for "
                                       "key \"Missing\""},
         {"{{if ne .Id \"abc\"}}y{{else}}n{{end}}", "n"},
         {"{{ge 2 2}} {{le 1.5 2}}", "true true"},
         {"{{with .State}}{{.Status}}{{end}}", "running"},
         {"{{with .Nothing}}x{{else}}{{.Id}}{{end}}", "abc"},
         {"{{$x := .Pid}}{{$x}}{{$x = 3}}{{$x}}", "423"},
         {"{{with $s := .State}}{{$s.Status}}{{end}}", "running"},
         {"{{$n := 0}}{{range .Args}}{{$n = .}}{{end}}{{$n}}", "three"}});
}

TEST(Template, HasTheFunctionsOfDocker) {
    check({{"{{upper .Id}} {{lower \"ABC\"}} {{title \"hello world\"}}", "ABC abc Hello World"},
           {"{{join .Args \"/\"}}", "one/two/three"},
           {"{{split \"a:b:\" \":\" | json}}", R"(["a","b",""])"},
           {"{{pad .Id 1 2}}|", " abc  |"},
           {"{{truncate .Id 2}} {{truncate .Id 9}}", "ab abc"},
           {"{{println .Id 1}}", "abc 1\n"},
           {"{{print 1 2 \"x\" 3}}", "1 2x3"},
           {"{{len .Args}} {{len .Id}}", "3 3"}});
}

TEST(Template, FormatsAsGoDoes) {
    check({{"{{printf \"%s|%-6s|%6s|%.2s|%q\" .Id .Id .Id .Id .Id}}", "abc|abc   |   abc|ab|\"abc\""},
           {"{{printf \"%d|%5d|%-5d|%05d|%+d|%x|%X|%#x|%o|%b|%c\" 42 42 42 42 42 42 42 42 42 5 65}}",
            "42|   42|42   |00042|+42|2a|2A|0x2a|52|101|A"},
           {"{{printf \"%d %05d\" -7 -7}}", "-7 -0007"},
           {"{{printf \"%.2f|%8.3f|%e\" 1.5 1.5 1.5}}", "1.50|   1.500|1.500000e+00"},
           {"{{printf \"%v %v %v %v %t %%\" .Id 7 true .Args true}}", "abc 7 true [one two three] true %"},
           {"{{printf \"%x\" \"hi\"}}", "6869"},
           {"{{printf \"%d %s %z\" \"hi\" 5 5}}", "%!d(string=hi) %!s(int=5) %!z(int=5)"},
           {"{{printf \"%s %s\" .Id}}", "abc %!s(MISSING)"},
           {"{{printf \"x\" .Id 1}}", "x%!(EXTRA string=abc, int=1)"},
           {"{{printf \"100%\"}}", "100%!(NOVERB)"},
           {"{{printf \"%99999d\" 1}}",
            "render: template: at column 3: error calling printf: printf: a width is at most 4096"},
           {"{{slice .Id 1}}|{{slice .Id 0 2}}|{{slice .Id}}|{{slice .Args 1 | json}}",
            R"(bc|ab|abc|["two","three"])"},
           {"{{slice .Id 1 9}}", "render: template: at column 3: error calling slice: index out of range: 9"},
           {"{{.Id | printf \"%.1s\"}}", "a"}});
}

TEST(Template, TrimsWhereADashAsksForIt) {
    check({{"a  {{- .Pid -}}  b", "a42b"},
           {"a {{- /* x */ -}} b", "ab"},
           {"{{-3}} {{- 3}}", "-33"},
           {"{{range .Args -}}\n {{.}}\n{{- end}}", "onetwothree"}});
}

TEST(Template, SaysWhereAndWhatIsWrong) {
    check(
        {{"x{{.Id", "parse: template 'x{{.Id': at column 2: unclosed action"},
         {"{{nope .Id}}", "parse: template '{{nope .Id}}': at column 3: function \"nope\" not defined"},
         {"{{if .Id}}x", "parse: template '{{if .Id}}x': at column 1: {{if}} has no {{end}}"},
         {"x{{end}}", "parse: template 'x{{end}}': at column 2: unexpected {{end}}"},
         {"{{$x}}", "parse: template '{{$x}}': at column 3: undefined variable '$x'"},
         {"{{if 1}}{{$x := 1}}{{end}}{{$x}}",
          "parse: template '{{if 1}}{{$x := 1}}{{end}}{{$x}}': at column 29: undefined variable '$x'"},
         {"{{}}", "parse: template '{{}}': at column 3: a value is missing before end of the action"},
         {"{{\"abc}}", "parse: template '{{\"abc}}': at column 1: unterminated quoted string"},
         {"{{template \"x\"}}", "parse: template '{{template \"x\"}}': at column 1: {{template}} is not "
                                "supported"},
         {"{{.State.Nope}}",
          "render: template: at column 3: at <.State.Nope>: map has no entry for key \"Nope\""},
         {"{{.Id.X}}", "render: template: at column 3: at <.Id.X>: can't evaluate field X in string"},
         {"{{index .Args 3}}", "render: template: at column 3: error calling index: index out of range: 3"},
         {"{{range .Id}}{{end}}", "render: template: at column 9: range can't iterate over abc"},
         {"{{join .Id}}", "render: template: at column 3: wrong number of arguments for join: 1, it takes 2"},
         {"{{.Id \"x\"}}",
          "render: template: at column 3: Id has arguments but cannot be invoked as function"}});
}

TEST(Template, CallsMethodsThatTheCommandHas) {
    const Json methods = {{"Label", {{"a", "1"}}}};
    const auto parsed = Template::parse("{{.Label \"a\"}}{{.Label \"b\"}}{{if .Label \"a\"}}!{{end}}");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(*parsed->render(kData, methods), "1!");
}

TEST(Template, FindsMembersByTheirNamesInGo) {
    auto parsed = Template::parse("{{.ID}} {{.Actor.ID}} {{json .}}");
    ASSERT_TRUE(parsed) << parsed.error().message;
    parsed->set_names({{"ID", "id"}});
    EXPECT_EQ(*parsed->render(Json{{"id", "1"}, {"Actor", {{"ID", "2"}}}}),
              "1 2 {\"Actor\":{\"ID\":\"2\"},\"id\":\"1\"}");
    EXPECT_FALSE(parsed->render(Json{{"Actor", {{"ID", "2"}}}}));
}

TEST(Template, SurvivesWhatIsNestedTooDeep) {
    std::string parentheses = "{{" + std::string(100000, '(') + "1" + std::string(100000, ')') + "}}";
    EXPECT_THAT(render(parentheses), testing::HasSubstr("nested too deep"));
    std::string blocks;
    for (int i = 0; i < 100000; ++i) blocks += "{{if 1}}";
    EXPECT_THAT(render(blocks), testing::HasSubstr("nested too deep"));
}

} // namespace
