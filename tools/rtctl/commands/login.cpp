// SPDX-License-Identifier: Apache-2.0
// Who the user is to a registry, kept where docker's client keeps it, so that both know it.
#include "core/container/engine.hpp"
#include "core/image/docker_config.hpp"
#include "core/image/image_module.hpp"
#include "core/image/registry_name.hpp"
#include "tools/rtctl/commands/all.hpp"
#include "tools/rtctl/options.hpp"
#include "tools/rtctl/output.hpp"

#include <termios.h>
#include <unistd.h>

#include <cstdio>

namespace rt::cli {
namespace {

constexpr std::size_t kSecretLimit = 64U << 10U;

// A line of standard input without its end. echo no: the terminal does not show what is typed.
enum class Echo { yes, no };
Result<std::string> ask(const std::string& question, Echo echo) {
    termios before{};
    const bool hide = echo == Echo::no && ::tcgetattr(STDIN_FILENO, &before) == 0;
    if (hide) {
        termios silent = before;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
    }
    std::fputs(question.c_str(), stdout);
    std::fflush(stdout);
    std::string line;
    char c = '\0';
    while (line.size() < kSecretLimit && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n') line += c;
    if (hide) {
        ::tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
        std::fputs("\n", stdout);
    }
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

Result<std::string> password_from_input() {
    std::string text;
    char piece[4096];
    for (;;) {
        const ssize_t count = ::read(STDIN_FILENO, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(errno, "read the password from standard input");
        if (count == 0) break;
        text.append(piece, static_cast<std::size_t>(count));
        if (text.size() > kSecretLimit)
            return fail(Code::invalid_argument, "login: the password on standard input is too long");
    }
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
    if (text.empty()) return fail(Code::invalid_argument, "login: there is no password on standard input");
    return text;
}

Result<RegistryCredentials> typed(RegistryCredentials given, const std::string& known_user) {
    if (!is_terminal(STDIN_FILENO))
        return fail(Code::invalid_argument,
                    "login: standard input is no terminal to ask on: use --username and --password-stdin");
    if (given.user.empty()) {
        const std::string otherwise = known_user.empty() ? std::string() : cat(" (", known_user, ")");
        RT_TRY_ASSIGN(given.user, ask(cat("Username", otherwise, ": "), Echo::yes));
        if (given.user.empty()) given.user = known_user;
        if (given.user.empty()) return fail(Code::invalid_argument, "login: a username is required");
    }
    if (given.password.empty()) {
        RT_TRY_ASSIGN(given.password, ask("Password: ", Echo::no));
        if (given.password.empty()) return fail(Code::invalid_argument, "login: a password is required");
    }
    return given;
}

Result<std::string> try_them(const std::string& host, const RegistryCredentials& credentials) {
    RT_TRY_ASSIGN(ImageModule* const module, load_image_module());
    const Operation operation = Engine::new_operation();
    return module->log_in(host, credentials, Cancellation{&operation});
}

Result<void> keep(const DockerConfig& config, const std::string& host, RegistryCredentials credentials,
                  const std::string& token) {
    if (!token.empty()) {
        credentials.identity_token = token;
        credentials.password.clear();
    }
    RT_TRY_ASSIGN(const std::string helper, config.store(host, credentials));
    if (helper.empty())
        warn(cat("the credentials are stored unencrypted in '", config.file().native(),
                 "': name a credential helper there (credsStore) to keep them elsewhere"));
    print_line("Login Succeeded");
    return {};
}

Outcome login(const Globals& /*unused*/, const Arguments& arguments) {
    options::options_description description("Options");
    description.add_options()("username,u", options::value<std::string>()->value_name("NAME"), "who you are")(
        "password,p", options::value<std::string>()->value_name("TEXT"),
        "the password or a token; other users of this machine can see it")("password-stdin",
                                                                           "read it from standard input");
    RT_TRY_ASSIGN(const auto parsed, parse(kLogin, description, arguments, Operands::anywhere, 0, 1));
    if (!parsed) return 0;
    RegistryCredentials given{
        parsed->get<std::string>("username"), parsed->get<std::string>("password"), {}, {}};
    if (parsed->has("password"))
        std::fputs(parsed->has("password-stdin")
                       ? ""
                       : "WARNING! Using --password via the CLI is insecure. Use --password-stdin.\n",
                   stderr);
    if (parsed->has("password") && parsed->has("password-stdin"))
        return fail(Code::invalid_argument, "--password and --password-stdin are mutually exclusive");
    if (parsed->has("username") && given.user.empty())
        return fail(Code::invalid_argument, "login: --username is empty");
    if (parsed->has("password-stdin")) {
        if (given.user.empty())
            return fail(Code::invalid_argument, "Must provide --username with --password-stdin");
        RT_TRY_ASSIGN(given.password, password_from_input());
    }
    RT_TRY_ASSIGN(const std::string host,
                  registry_named(parsed->operands.empty() ? "" : parsed->operands.front()));
    RT_TRY_ASSIGN(const DockerConfig config, DockerConfig::open());
    RT_TRY_ASSIGN(const RegistryCredentials known, config.find(host));
    if (given.user.empty() && given.password.empty() && !known.empty()) {
        std::fputs("Authenticating with existing credentials...\n", stderr);
        if (const auto token = try_them(host, known); token) {
            RT_TRY(keep(config, host, known, *token));
            return 0;
        } else if (token.error().code != Code::permission_denied || !is_terminal(STDIN_FILENO)) {
            return std::unexpected(token.error());
        } else {
            warn(token.error().message);
        }
    }
    if (given.user.empty() || given.password.empty()) {
        RT_TRY_ASSIGN(given, typed(std::move(given), known.user));
    }
    RT_TRY_ASSIGN(const std::string token, try_them(host, given));
    RT_TRY(keep(config, host, std::move(given), token));
    return 0;
}

} // namespace

const Command kLogin = {"login", "[OPTIONS] [SERVER]", "Log in to a registry (default: docker.io)", login};

} // namespace rt::cli
