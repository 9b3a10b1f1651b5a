/* A crowd of WebSocket clients on one thread: opens sockets, talks on command, and times every delivery.
 *
 *   rooms_load PORTS SOCKETS TOGETHER PATH PAYLOAD ROOMS TOKENS JOINED
 *
 * opens SOCKETS connections to 127.0.0.1, at most TOGETHER at once under way; to each of PORTS ("8001,8002": instances
 * that share their rooms) as many of every room. In PATH and PAYLOAD, {room} and {token}
 * stand for the socket's line of the files ROOMS and TOKENS (in turn), {n} for a running number, {M} for the marker by
 * which a message is known again. JOINED is a text that a server's first frame holds ("-": open after the handshake).
 *
 * Prints {"opened":…} when all are in or have failed, then does what it reads, a line each:
 *   open SENDERS RATE WARM_UP SECONDS DRAIN      RATE messages/s in all, due at fixed times whatever the server does
 *   closed SENDERS WARM_UP SECONDS DRAIN         each sender sends its next when its last has come back to it
 *   quit
 * A run prints "begin" after WARM_UP, "end" when it sends no more, and its figures when all has come or DRAIN is over.
 *
 * A latency counts from the time a message was due (closed: was sent), on every socket of the room. A server that numbers
 * its messages ("seq":N first in the frame) is also held to that: per socket each number once, in order, none left out;
 * and all sockets of a room the same message under a number, whatever instance they hear it from ("other").
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum state { CONNECTING, SHAKING, JOINING, IN, GONE };

struct peer {
    int fd, room, instance;
    enum state state;
    char *rest; /* of a frame that has not come whole */
    size_t rest_bytes, rest_room;
    char *unsent;
    size_t unsent_bytes;
    int64_t seq; /* the last one, -1 before the first */
};

#define MARKER 30 /* ~RRRRSSSSSSSSDDDDDDDDDDDDDDDD~: run, sender, due in ns */
#define BUCKETS (40 * 64)
#define IN_BYTES (1 << 20)
#define AT_ONCE 512
#define AWAKE_NS 50000
#define INSTANCES 16

static struct peer *peers;
static int peer_count, opened, failed, under_way, next_to_open, closed_early;
static const char *path_form, *payload_form, *joined_text;
static char **rooms, **tokens;
static int room_count, token_count, ports[INSTANCES], port_count, poll_fd, timer_fd;
static int *room_sockets; /* how many are in */
static struct order { int64_t first; size_t known; char (*markers)[MARKER]; } *orders; /* of a room: its markers by seq */
static char in_buffer[IN_BYTES];

/* of the run under way */
static unsigned run;
static int is_closed_loop, is_sending;
static int64_t measured_from;
static uint64_t buckets[BUCKETS], across[BUCKETS]; /* those of a message said on another instance also here */
static int64_t sent, expected, received, own, acks, errors, gaps, skipped, doubled, other, worst_late, worst;
static uint64_t message_number;

static void die(const char *why) {
    fprintf(stderr, "rooms_load: %s: %s\n", why, strerror(errno));
    exit(1);
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static double cpu_s(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static char **read_lines(const char *file, int *count) {
    FILE *f = fopen(file, "r");
    char *line = NULL, **lines = NULL;
    size_t room = 0;
    ssize_t n;
    if (!f) die(file);
    for (*count = 0; (n = getline(&line, &room, f)) > 0;) {
        line[strcspn(line, "\n")] = 0;
        lines = realloc(lines, (*count + 1) * sizeof *lines);
        lines[(*count)++] = strdup(line);
    }
    fclose(f);
    if (!*count) { errno = ENODATA; die(file); }
    return lines;
}

/* Puts `form` into `to` (of `bytes`), with the words in place; returns the length. */
static size_t fill(char *to, size_t bytes, const char *form, const struct peer *p, const char *marker) {
    size_t n = 0;
    char number[24];
    int index = p - peers;
    while (*form && n + 1 < bytes) {
        const char *word = NULL;
        size_t skip = 0;
        if (!strncmp(form, "{room}", 6)) word = rooms[p->room], skip = 6;
        else if (!strncmp(form, "{token}", 7)) word = tokens[index % token_count], skip = 7;
        else if (!strncmp(form, "{M}", 3)) word = marker, skip = 3;
        else if (!strncmp(form, "{n}", 3)) snprintf(number, sizeof number, "%llx", (unsigned long long)message_number++), word = number, skip = 3;
        if (!word) { to[n++] = *form++; continue; }
        size_t length = strlen(word);
        if (n + length >= bytes) { errno = EMSGSIZE; die("a form is too long"); }
        memcpy(to + n, word, length);
        n += length, form += skip;
    }
    to[n] = 0;
    return n;
}

/* -- latencies: 64 buckets to each doubling, from microseconds ------------------------------------------------------ */

static int bucket_of(int64_t us) {
    if (us < 64) return us < 0 ? 0 : us;
    int doublings = 63 - __builtin_clzll(us) - 6;
    int at = (doublings + 1) * 64 + (int)((us >> doublings) - 64);
    return at < BUCKETS ? at : BUCKETS - 1;
}

static double share_ms(const uint64_t *buckets, double share) {
    uint64_t all = 0, upto = 0;
    for (int i = 0; i < BUCKETS; i++) all += buckets[i];
    for (int i = 0; i < BUCKETS && all; i++) {
        upto += buckets[i];
        if (upto >= share * all) {
            if (i < 64) return (i + 1) / 1e3;
            return (double)((int64_t)(i % 64 + 65) << (i / 64 - 1)) / 1e3; /* the bucket's upper end */
        }
    }
    return -1;
}

/* -- the wire ------------------------------------------------------------------------------------------------------- */

static void watch(struct peer *p, int op, uint32_t events) {
    struct epoll_event e = {.events = events, .data.ptr = p};
    if (epoll_ctl(poll_fd, op, p->fd, &e)) die("epoll_ctl");
}

static void lose(struct peer *p) {
    if (p->state == GONE) return;
    if (p->state == IN) closed_early++, room_sockets[p->room]--;
    else failed++, under_way--;
    p->state = GONE;
    close(p->fd);
}

static void put(struct peer *p, const char *data, size_t bytes) {
    ssize_t n = p->unsent_bytes ? 0 : send(p->fd, data, bytes, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) { lose(p); return; }
    if (n < 0) n = 0;
    if ((size_t)n == bytes) return;
    p->unsent = realloc(p->unsent, p->unsent_bytes + bytes - n);
    memcpy(p->unsent + p->unsent_bytes, data + n, bytes - n);
    if (!p->unsent_bytes) watch(p, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    p->unsent_bytes += bytes - n;
}

static void put_rest(struct peer *p) {
    ssize_t n = send(p->fd, p->unsent, p->unsent_bytes, MSG_NOSIGNAL);
    if (n < 0) { if (errno != EAGAIN) lose(p); return; }
    memmove(p->unsent, p->unsent + n, p->unsent_bytes -= n);
    if (!p->unsent_bytes) watch(p, EPOLL_CTL_MOD, EPOLLIN);
}

/* A whole masked frame. The mask is zero: it is legal, and the server undoes it like any other. */
static void put_frame(struct peer *p, int opcode, const char *data, size_t bytes) {
    char out[4096 + 16];
    size_t head = 2;
    if (bytes > 4096) { errno = EMSGSIZE; die("payload"); }
    out[0] = 0x80 | opcode;
    if (bytes < 126) out[1] = 0x80 | bytes;
    else out[1] = 0x80 | 126, out[2] = bytes >> 8, out[3] = bytes, head = 4;
    memset(out + head, 0, 4);
    memcpy(out + head + 4, data, bytes);
    put(p, out, head + 4 + bytes);
}

static void shake_hands(struct peer *p) {
    char path[2048], out[4096];
    fill(path, sizeof path, path_form, p, "");
    int n = snprintf(out, sizeof out,
        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: c21vdmllLWJlbmNoLWtleQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path, ports[p->instance]);
    p->state = SHAKING;
    put(p, out, n);
}

static void open_next(void) {
    struct peer *p = &peers[next_to_open];
    p->room = next_to_open % room_count;
    p->instance = next_to_open++ / room_count % port_count;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ports[p->instance]), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int yes = 1;
    p->seq = -1;
    p->state = CONNECTING;
    under_way++;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (p->fd < 0) die("socket");
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(p->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) die("connect");
    watch(p, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void is_in(struct peer *p) {
    p->state = IN;
    opened++, under_way--;
    room_sockets[p->room]++;
}

/* -- talking and hearing -------------------------------------------------------------------------------------------- */

static void say(struct peer *p, int64_t due) {
    char marker[MARKER + 1], text[4096];
    if (p->state != IN) return;
    snprintf(marker, sizeof marker, "~%04x%08x%016llx~", run & 0xffff, (unsigned)(p - peers), (unsigned long long)due);
    put_frame(p, 1, text, fill(text, sizeof text, payload_form, p, marker));
    int64_t late = now_ns() - due;
    if (due < measured_from) return;
    sent++;
    expected += room_sockets[p->room];
    if (late > worst_late) worst_late = late;
}

static int64_t hex(const char *text, int digits) {
    int64_t value = 0;
    for (int i = 0; i < digits; i++) {
        char c = text[i];
        value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* Returns whether the message is the socket's newest. */
static int check_seq(struct peer *p, const char *text, size_t bytes) {
    int64_t seq = 0;
    for (size_t i = 7; i < bytes && text[i] >= '0' && text[i] <= '9'; i++) seq = seq * 10 + text[i] - '0';
    if (p->seq >= 0 && seq <= p->seq) { doubled++; return 0; } /* or out of order: then the one it should have followed was skipped */
    if (p->seq >= 0) skipped += seq - p->seq - 1;
    p->seq = seq;
    return 1;
}

/* Whether the room's others were told the same message under the socket's newest seq. */
static void check_order(struct peer *p, const char *marker) {
    struct order *o = &orders[p->room];
    if (!o->known) o->first = p->seq;
    if (p->seq < o->first) return; /* of before the run */
    size_t at = p->seq - o->first;
    if (at >= o->known) {
        size_t known = (at + 1) * 2;
        o->markers = realloc(o->markers, known * MARKER);
        memset(o->markers + o->known, 0, (known - o->known) * MARKER);
        o->known = known;
    }
    if (!o->markers[at][0]) memcpy(o->markers[at], marker, MARKER);
    else if (memcmp(o->markers[at], marker, MARKER)) other++;
}

static void hear(struct peer *p, const char *text, size_t bytes, int64_t at) {
    if (p->state == JOINING) {
        if (!memmem(text, bytes < 64 ? bytes : 64, joined_text, strlen(joined_text))) lose(p);
        else is_in(p);
        return;
    }
    int is_newest = 0;
    if (bytes > 8 && !memcmp(text, "{\"seq\":", 7)) is_newest = check_seq(p, text, bytes);
    else if (bytes > 13 && !memcmp(text, "{\"type\":\"ack\"", 13)) { acks++; return; }
    else if (bytes > 15 && !memcmp(text, "{\"type\":\"error\"", 15)) { if (!errors++) fprintf(stderr, "%.*s\n", (int)bytes, text); return; }
    else if (bytes > 13 && !memcmp(text, "{\"type\":\"gap\"", 13)) { gaps++; return; }
    const char *m = memchr(text, '~', bytes);
    if (!m || m + MARKER > text + bytes || m[MARKER - 1] != '~' || hex(m + 1, 4) != (run & 0xffff)) return;
    int64_t due = hex(m + 13, 16), sender = hex(m + 5, 8);
    int is_own = sender == p - peers;
    if (is_newest) check_order(p, m);
    if (due >= measured_from) {
        received++, own += is_own;
        if (at - due > worst) worst = at - due;
        buckets[bucket_of((at - due) / 1000)]++;
        if (sender < peer_count && peers[sender].instance != p->instance) across[bucket_of((at - due) / 1000)]++;
    }
    if (is_closed_loop && is_own && is_sending) say(p, now_ns());
}

/* Takes the whole frames of `data`; returns how many bytes those were. */
static size_t take(struct peer *p, const char *data, size_t bytes, int64_t at) {
    size_t done = 0;
    if (p->state == SHAKING) {
        const char *end = memmem(data, bytes, "\r\n\r\n", 4);
        if (!end) return 0;
        if (bytes < 12 || memcmp(data + 9, "101", 3)) {
            if (!failed) fprintf(stderr, "%.*s\n", (int)(bytes < 300 ? bytes : 300), data);
            lose(p);
            return bytes;
        }
        done = end + 4 - data;
        if (*joined_text == '-') is_in(p);
        else p->state = JOINING;
    }
    while (bytes - done >= 2 && p->state != GONE) {
        const unsigned char *frame = (const unsigned char *)data + done;
        size_t length = frame[1] & 0x7f, head = 2;
        if (length == 126) {
            if (bytes - done < 4) break;
            length = frame[2] << 8 | frame[3], head = 4;
        } else if (length == 127) {
            if (bytes - done < 10) break;
            length = 0, head = 10;
            for (int i = 2; i < 10; i++) length = length << 8 | frame[i];
        }
        if (bytes - done < head + length) break;
        const char *payload = (const char *)frame + head;
        switch (frame[0] & 0x0f) {
            case 1: hear(p, payload, length, at); break;
            case 8: lose(p); break;
            case 9: put_frame(p, 10, payload, length); break;
        }
        done += head + length;
    }
    return p->state == GONE ? bytes : done;
}

static void read_from(struct peer *p) {
    /* What is left of an earlier read goes first, so that a frame always lies in one piece. */
    size_t before = p->rest_bytes;
    if (before > IN_BYTES / 2) { errno = EMSGSIZE; die("a frame"); }
    memcpy(in_buffer, p->rest, before);
    ssize_t n = recv(p->fd, in_buffer + before, IN_BYTES - before, 0);
    if (n <= 0) {
        if (!n || errno != EAGAIN) lose(p);
        return;
    }
    size_t done = take(p, in_buffer, before + n, now_ns());
    p->rest_bytes = before + n - done;
    if (p->rest_bytes > p->rest_room) p->rest = realloc(p->rest, p->rest_room = p->rest_bytes);
    else if (!p->rest_bytes && p->rest_room > 65536) free(p->rest), p->rest = NULL, p->rest_room = 0;
    memcpy(p->rest, in_buffer + done, p->rest_bytes);
}

/* Serves what is ready; waits for it until `until`. It does not fall asleep between the packets of one burst: waking it
 * for each would be billed to the server, as no client across a network is. Whoever else wants the CPU goes first. */
static void serve(int64_t until) {
    static int64_t heard_at;
    struct epoll_event ready[AT_ONCE];
    int64_t at = now_ns();
    int wait = 0, is_awake = at - heard_at < AWAKE_NS;
    if (until > at && !is_awake) {
        struct itimerspec t = {.it_value = {until / 1000000000, until % 1000000000}};
        timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &t, NULL);
        wait = -1;
    }
    int n = epoll_wait(poll_fd, ready, AT_ONCE, wait);
    if (n > 0) heard_at = now_ns();
    else if (is_awake) sched_yield();
    for (int i = 0; i < n; i++) {
        struct peer *p = ready[i].data.ptr;
        if (!p) { uint64_t ticks; if (read(timer_fd, &ticks, 8) < 0) continue; continue; }
        if (p->state == GONE) continue;
        if (p->state == CONNECTING) {
            if (ready[i].events & (EPOLLERR | EPOLLHUP)) { lose(p); continue; }
            watch(p, EPOLL_CTL_MOD, EPOLLIN);
            shake_hands(p);
        } else if (ready[i].events & EPOLLOUT) put_rest(p);
        if (p->state != GONE && ready[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_from(p);
    }
}

/* -- commands ------------------------------------------------------------------------------------------------------- */

static void begin_run(void) {
    run++;
    memset(buckets, 0, sizeof buckets), memset(across, 0, sizeof across);
    for (int i = 0; i < room_count; i++) orders[i].known = 0;
    sent = expected = received = own = acks = errors = gaps = skipped = doubled = other = worst_late = worst = 0;
    measured_from = INT64_MAX;
    is_sending = 1;
}

static void talk(int senders, double rate, double warm_up, double seconds, double drain) {
    begin_run();
    if (senders > peer_count) senders = peer_count;
    is_closed_loop = rate == 0;
    int64_t start = now_ns() + 1000000, from = start + (int64_t)(warm_up * 1e9), until = from + (int64_t)(seconds * 1e9);
    int64_t number = 0, cpu_from = 0;
    double used = 0;
    measured_from = from;
    if (is_closed_loop) for (int i = 0; i < senders; i++) say(&peers[i], now_ns());
    int64_t all = is_closed_loop ? 0 : (int64_t)((warm_up + seconds) * rate + 1e-6); /* also what is late is sent */
    for (int64_t at; (at = now_ns()) < until || number < all;) {
        if (at >= from && !cpu_from) {
            cpu_from = at, used = cpu_s();
            puts("begin");
            fflush(stdout);
        }
        int64_t due = until;
        if (!is_closed_loop) {
            /* At most a few together: what has come is timed before more is sent. */
            for (int i = 0; i < 64 && number < all && (due = start + (int64_t)(number / rate * 1e9)) <= at; i++)
                say(&peers[number++ % senders], due);
            if (number == all) due = until;
        }
        int64_t wake = cpu_from ? until : from;
        serve(due < wake ? due : wake);
    }
    is_sending = 0;
    int64_t ended = now_ns(), received_in_time = received, own_in_time = own;
    used = cpu_s() - used;
    puts("end");
    fflush(stdout);
    while (received < expected && now_ns() < ended + (int64_t)(drain * 1e9)) serve(now_ns() + 20000000);
    double passed = (ended - from) / 1e9;
    printf("{\"sent\":%lld,\"expected\":%lld,\"received\":%lld,\"lost\":%lld,\"own\":%lld,\"acks\":%lld,\"errors\":%lld,\"gaps\":%lld,"
           "\"skipped\":%lld,\"doubled\":%lld,\"other\":%lld,\"deliveries_per_s\":%.1f,\"own_per_s\":%.1f,\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,"
           "\"across_p50_ms\":%.3f,\"across_p99_ms\":%.3f,\"max_ms\":%.3f,\"late_ms\":%.3f,\"closed_early\":%d,\"client_cpu\":%.3f}\n",
           (long long)sent, (long long)expected, (long long)received, (long long)(expected - received), (long long)own, (long long)acks,
           (long long)errors, (long long)gaps, (long long)skipped, (long long)doubled, (long long)other, received_in_time / passed, own_in_time / passed,
           share_ms(buckets, 0.5), share_ms(buckets, 0.95), share_ms(buckets, 0.99), share_ms(across, 0.5), share_ms(across, 0.99), worst / 1e6, worst_late / 1e6, closed_early, used / passed);
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc != 9) { fprintf(stderr, "usage: rooms_load PORTS SOCKETS TOGETHER PATH PAYLOAD ROOMS TOKENS JOINED\n"); return 2; }
    int together = atoi(argv[3]);
    for (char *word = strtok(argv[1], ","); word && port_count < INSTANCES; word = strtok(NULL, ",")) ports[port_count++] = atoi(word);
    peer_count = atoi(argv[2]), path_form = argv[4], payload_form = argv[5], joined_text = argv[8];
    rooms = read_lines(argv[6], &room_count), tokens = read_lines(argv[7], &token_count);
    peers = calloc(peer_count, sizeof *peers), room_sockets = calloc(room_count, sizeof *room_sockets), orders = calloc(room_count, sizeof *orders);
    poll_fd = epoll_create1(0), timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = NULL};
    if (!port_count || !peers || !room_sockets || !orders || epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer_fd, &e)) die("start");
    message_number = (uint64_t)time(NULL) << 28; /* no other crowd's numbers */
    int64_t begun = now_ns();
    double used = cpu_s();
    while (opened + failed < peer_count && now_ns() < begun + 300000000000LL) {
        while (next_to_open < peer_count && under_way < together) open_next();
        serve(now_ns() + 100000000);
    }
    double took = (now_ns() - begun) / 1e9;
    printf("{\"opened\":%d,\"failed\":%d,\"connect_s\":%.4f,\"client_cpu\":%.3f}\n", opened, failed, took, (cpu_s() - used) / took);
    fflush(stdout);
    e.data.ptr = NULL;
    char line[256];
    size_t length = 0;
    fd_set set;
    for (;;) { /* between runs sockets are read all the same: a server must not think that they stand still */
        FD_ZERO(&set);
        FD_SET(0, &set);
        struct timeval none = {0, 0};
        if (select(1, &set, NULL, NULL, &none) > 0) {
            ssize_t n = read(0, line + length, 1);
            if (n <= 0) return 0;
            if (line[length] != '\n') { if (++length == sizeof line - 1) return 2; continue; }
            line[length] = 0, length = 0;
            int senders;
            double rate, warm_up, seconds, drain;
            if (!strncmp(line, "quit", 4)) return 0;
            if (sscanf(line, "open %d %lf %lf %lf %lf", &senders, &rate, &warm_up, &seconds, &drain) == 5) talk(senders, rate, warm_up, seconds, drain);
            else if (sscanf(line, "closed %d %lf %lf %lf", &senders, &warm_up, &seconds, &drain) == 4) talk(senders, 0, warm_up, seconds, drain);
            else { fprintf(stderr, "rooms_load: %s?\n", line); return 2; }
            continue;
        }
        serve(now_ns() + 20000000);
    }
}
