// SPDX-License-Identifier: Apache-2.0
// The yardstick: a minimal blocking client, C in all but the compiler, that has the daemon's
// dialogue with the same server: one process for each mail in flight, one write and the reads it
// takes for each step, no clock, no parser beyond the end of a reply, no checks but its status.
// --pipelined sends in as few writes as the protocols allow: the least a round trip can cost.
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <getopt.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace {

struct Options {
    int smtp = 0;
    int pop3 = 0;
    int trips = 1000;
    int warm_up = 100;
    int lanes = 1;
    int pause_us = 0;
    bool pipelined = false;
    const char* ca_file = nullptr;
};

struct Result {
    double cpu_us = 0;
    double user_us = 0;
    int64_t begin_ns = 0;
    int64_t end_ns = 0;
};

// What is sent (nullptr: nothing) and the replies that answer it: s is one of SMTP, o one of POP3,
// m one of POP3 with lines up to a dot.
struct Step {
    const char* out;
    const char* replies;
};

struct Link {
    int fd = -1;
    SSL* ssl = nullptr;
    char buffer[16384] = {};
    size_t begin = 0;
    size_t end = 0;
};

[[noreturn]] void fail(const char* what) {
    fprintf(stderr, "mailprobed-bench-client: %s\n", what);
    _exit(1);
}

int64_t now_ns() {
    timespec ts;
    clock_gettime(CLOCK_BOOTTIME, &ts);
    return ts.tv_sec * 1'000'000'000LL + ts.tv_nsec;
}

double microseconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
}

SSL_CTX* make_context(const char* ca_file) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (SSL_CTX_load_verify_locations(context, ca_file, nullptr) != 1) fail("no CA file");
    return context;
}

void open_link(Link* link, int port, SSL_CTX* context) {
    sockaddr_in to;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    link->begin = link->end = 0;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(link->fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) fail("connect");
    if (context == nullptr) return;
    link->ssl = SSL_new(context);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(link->ssl), "127.0.0.1");
    SSL_set_fd(link->ssl, link->fd);
    if (SSL_connect(link->ssl) != 1) fail("TLS handshake");
}

void close_link(Link* link) {
    if (link->ssl != nullptr) SSL_free(link->ssl);
    link->ssl = nullptr;
    close(link->fd);
}

void put(Link* link, const char* text) {
    const size_t size = strlen(text);
    const ssize_t done = link->ssl != nullptr ? SSL_write(link->ssl, text, static_cast<int>(size))
                                              : send(link->fd, text, size, MSG_NOSIGNAL);
    if (done != static_cast<ssize_t>(size)) fail("write");
}

// The next line, terminated by NUL instead of CRLF; it holds until the next call.
const char* next_line(Link* link) {
    for (;;) {
        char* start = link->buffer + link->begin;
        char* lf = static_cast<char*>(memchr(start, '\n', link->end - link->begin));
        if (lf != nullptr) {
            link->begin = static_cast<size_t>(lf - link->buffer) + 1;
            *lf = '\0';
            if (lf > start && lf[-1] == '\r') lf[-1] = '\0';
            return start;
        }
        memmove(link->buffer, start, link->end - link->begin);
        link->end -= link->begin;
        link->begin = 0;
        const size_t room = sizeof link->buffer - link->end;
        const ssize_t got =
            link->ssl != nullptr
                ? SSL_read(link->ssl, link->buffer + link->end, static_cast<int>(room))
                : recv(link->fd, link->buffer + link->end, room, 0);
        if (got <= 0) fail("the server closed the connection");
        link->end += static_cast<size_t>(got);
    }
}

void take_reply(Link* link, char kind) {
    const char* line = next_line(link);
    if (kind == 's') {
        if (line[0] != '2' && line[0] != '3') fail(line);
        while (line[3] == '-')
            line = next_line(link);
        return;
    }
    if (line[0] != '+') fail(line);
    if (kind == 'o') return;
    do {
        line = next_line(link);
    } while (strcmp(line, ".") != 0);
}

void talk(int port, SSL_CTX* context, const Step* steps) {
    static Link link;
    open_link(&link, port, context);
    for (const Step* step = steps; step->replies != nullptr; ++step) {
        if (step->out != nullptr) put(&link, step->out);
        for (const char* kind = step->replies; *kind != '\0'; ++kind)
            take_reply(&link, *kind);
    }
    close_link(&link);
}

// The texts of one lane.
struct Texts {
    char auth[256];
    char mail[256];
    char rcpt[128];
    char group[512];
    char message[2048];
    char message_quit[2048];
    char pop3_auth[256];
    char pop3_login[256];
};

void base64(const unsigned char* in, int size, char* out) {
    out[EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out), in, size)] = '\0';
}

// A mail of the size and form of the daemon's.
void write_message(char* out, size_t room, int lane) {
    const char* tag = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwxyz23";
    snprintf(out, room,
             "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\nFrom: <b%d@bench.test>\r\n"
             "To: <b%d@bench.test>\r\nMessage-ID:\r\n <%s@bench.test>\r\n"
             "Subject: mailprobed\r\n %s\r\nMIME-Version: 1.0\r\n"
             "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n"
             "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n"
             "X-Mailprobed-Tag: %s\r\n\r\n%s\r\n\r\n"
             "This is a test message of a mail delivery monitor (mailprobed).\r\n"
             "Sent by:  b%d@bench.test\r\nSent to:  b%d@bench.test\r\nProbe:    b%d of bench\r\n"
             "Sent every 60 seconds; removed once it was seen.\r\n"
             "No answer is needed. To stop these messages, ask whoever runs that monitor.\r\n"
             ".\r\n",
             lane, lane, tag, tag, tag, tag, lane, lane, lane);
}

void write_texts(Texts* texts, int lane) {
    unsigned char plain[64];
    const int size =
        snprintf(reinterpret_cast<char*>(plain), sizeof plain, "%cb%d%cbench", 0, lane, 0);
    char coded[128];
    base64(plain, size, coded);
    snprintf(texts->auth, sizeof texts->auth, "AUTH PLAIN %s\r\n", coded);
    snprintf(texts->pop3_auth, sizeof texts->pop3_auth, "%s\r\n", coded);
    write_message(texts->message, sizeof texts->message, lane);
    snprintf(texts->mail, sizeof texts->mail, "MAIL FROM:<b%d@bench.test> SIZE=%zu\r\n", lane,
             strlen(texts->message) - 3);
    snprintf(texts->rcpt, sizeof texts->rcpt, "RCPT TO:<b%d@bench.test>\r\n", lane);
    snprintf(texts->group, sizeof texts->group, "%s%sDATA\r\n", texts->mail, texts->rcpt);
    snprintf(texts->message_quit, sizeof texts->message_quit, "%sQUIT\r\n", texts->message);
    snprintf(texts->pop3_login, sizeof texts->pop3_login,
             "USER b%d\r\nPASS bench\r\nSTAT\r\nUIDL\r\n", lane);
}

void round_trip(const Options& options, SSL_CTX* context, const Texts& t) {
    const Step submission[] = {
        {nullptr, "s"},     {"EHLO [127.0.0.1]\r\n", "s"},
        {t.auth, "s"},      {t.mail, "s"},
        {t.rcpt, "s"},      {"DATA\r\n", "s"},
        {t.message, "s"},   {"QUIT\r\n", "s"},
        {nullptr, nullptr},
    };
    const Step look[] = {
        {nullptr, "o"},      {"CAPA\r\n", "m"}, {"AUTH PLAIN\r\n", "o"}, {t.pop3_auth, "o"},
        {"STAT\r\n", "o"},   {"UIDL\r\n", "m"}, {"TOP 1 1\r\n", "m"},    {"RETR 1\r\n", "m"},
        {"DELE 1\r\n", "o"}, {"QUIT\r\n", "o"}, {nullptr, nullptr},
    };
    const Step quick_submission[] = {
        {nullptr, "s"},   {"EHLO [127.0.0.1]\r\n", "s"}, {t.auth, "s"},
        {t.group, "sss"}, {t.message_quit, "ss"},        {nullptr, nullptr},
    };
    const Step quick_look[] = {
        {nullptr, "o"},      {t.pop3_login, "ooom"},       {"TOP 1 1\r\n", "m"},
        {"RETR 1\r\n", "m"}, {"DELE 1\r\nQUIT\r\n", "oo"}, {nullptr, nullptr},
    };
    talk(options.smtp, context, options.pipelined ? quick_submission : submission);
    talk(options.pop3, context, options.pipelined ? quick_look : look);
    if (options.pause_us > 0) usleep(static_cast<useconds_t>(options.pause_us));
}

// `ready` gets a byte when the warm-up is over; `go` gives one when all are so far.
void run_lane(const Options& options, int lane, int trips, Result* result, int ready, int go) {
    static Texts texts;
    write_texts(&texts, lane);
    SSL_CTX* context = options.ca_file != nullptr ? make_context(options.ca_file) : nullptr;
    const int warm_up = (options.warm_up + options.lanes - 1) / options.lanes;
    for (int i = 0; i < warm_up; ++i)
        round_trip(options, context, texts);
    char byte = 0;
    if (write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1) fail("pipe");
    rusage before;
    rusage after;
    getrusage(RUSAGE_SELF, &before);
    result->begin_ns = now_ns();
    for (int i = 0; i < trips; ++i)
        round_trip(options, context, texts);
    result->end_ns = now_ns();
    getrusage(RUSAGE_SELF, &after);
    result->user_us = microseconds(after.ru_utime) - microseconds(before.ru_utime);
    result->cpu_us = result->user_us + microseconds(after.ru_stime) - microseconds(before.ru_stime);
}

Options parse(int argc, char** argv) {
    Options options;
    const option known[] = {
        {"smtp", required_argument, nullptr, 's'},
        {"pop3", required_argument, nullptr, 'p'},
        {"mails", required_argument, nullptr, 'n'},
        {"warm-up", required_argument, nullptr, 'w'},
        {"lanes", required_argument, nullptr, 'l'},
        {"pause-us", required_argument, nullptr, 'u'},
        {"pipelined", no_argument, nullptr, 'g'},
        {"ca", required_argument, nullptr, 'c'},
        {nullptr, 0, nullptr, 0},
    };
    int which = 0;
    while ((which = getopt_long(argc, argv, "", known, nullptr)) != -1) {
        const int number = optarg != nullptr ? static_cast<int>(strtol(optarg, nullptr, 10)) : 0;
        switch (which) {
            case 's':
                options.smtp = number;
                break;
            case 'p':
                options.pop3 = number;
                break;
            case 'n':
                options.trips = number;
                break;
            case 'w':
                options.warm_up = number;
                break;
            case 'l':
                options.lanes = number;
                break;
            case 'u':
                options.pause_us = number;
                break;
            case 'g':
                options.pipelined = true;
                break;
            case 'c':
                options.ca_file = optarg;
                break;
            default:
                exit(2);
        }
    }
    if (options.lanes < 1 || options.trips < 1) fail("--lanes and --mails must be positive");
    return options;
}

void print(const Options& options, const Result* results, int trips) {
    Result sum;
    sum.begin_ns = results[0].begin_ns;
    for (int i = 0; i < options.lanes; ++i) {
        sum.cpu_us += results[i].cpu_us;
        sum.user_us += results[i].user_us;
        if (results[i].begin_ns < sum.begin_ns) sum.begin_ns = results[i].begin_ns;
        if (results[i].end_ns > sum.end_ns) sum.end_ns = results[i].end_ns;
    }
    const double all = static_cast<double>(trips) * options.lanes;
    const double seconds = static_cast<double>(sum.end_ns - sum.begin_ns) / 1e9;
    printf("{\"mails\": %.0f, \"cpu_us\": %.3f, \"user_us\": %.3f, \"per_second\": %.3f}\n", all,
           sum.cpu_us / all, sum.user_us / all, all / seconds);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = parse(argc, argv);
    const int trips = (options.trips + options.lanes - 1) / options.lanes;
    const size_t size = sizeof(Result) * static_cast<size_t>(options.lanes);
    void* shared = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int ready[2];
    int go[2];
    if (shared == MAP_FAILED || pipe(ready) != 0 || pipe(go) != 0) fail("cannot start");
    Result* results = static_cast<Result*>(shared);
    for (int lane = 0; lane < options.lanes; ++lane) {
        const pid_t child = fork();
        if (child < 0) fail("fork");
        if (child > 0) continue;
        run_lane(options, lane, trips, results + lane, ready[1], go[0]);
        _exit(0);
    }
    // With our own ends closed a lane that died is an end of file instead of a wait for ever.
    close(ready[1]);
    char byte = 0;
    for (int lane = 0; lane < options.lanes; ++lane)
        if (read(ready[0], &byte, 1) != 1) fail("a lane failed");
    for (int lane = 0; lane < options.lanes; ++lane)
        if (write(go[1], &byte, 1) != 1) fail("pipe");
    for (int lane = 0; lane < options.lanes; ++lane) {
        int status = 0;
        if (wait(&status) < 0 || status != 0) fail("a lane failed");
    }
    print(options, results, trips);
    return 0;
}
