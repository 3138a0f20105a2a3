/* The reference: the least that a durable submitter can do, in C, with the same transactions on the same tables.

   submitter DSN PORT MESSAGES WINDOW LEDGER_WINDOW EPOCH BATCH_FENCE_FILE

   Numbers count up, the text is one; nothing is read from the database, no lease is renewed, no rate is kept. Every group
   is one transaction: open_group, COPY of the answered attempts, intents of the next ones. A line of the file is a batch:
   batch_id fence first_ordinal. Prints submissions a second from the first intent to the last durable answer. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { BATCH = 5000, BLOCK = 1000, LINGER_US = 20000, ROW = 256 };
#define FIRST 201000000000LL
#define EPOCH_US 946684800000000LL

static const char TEXT[] = "Dear customer, your balance is 100000 points.";
static const char COPY[] =
    "copy dispatch.submission (account_id, campaign_id, ordinal, segment, attempt, state, transient, command_status, "
    "carrier_message_id, sent_at, answered_at, epoch_id, intent_serial, connector_id, session, sequence, reference, "
    "network_id, zone) from stdin (format binary);";

static int64_t messages, window, ledger_window, epoch;
static int64_t intended, cleared, sent, answered, durable, group, serial;
static int64_t *sent_us, *answered_us, *fences, *batches;
static char (*ids)[10];
static int64_t *ready; /* answered and not committed, by place */
static int64_t ready_count, committing, clearing;
static PGconn *database;
static int carrier, busy, copied;
static char *rows;
static size_t rows_length;
static uint8_t *out;
static size_t out_length, out_sent;
static int64_t waiting_since;

static int64_t now_us(void) {
    struct timeval t;
    gettimeofday(&t, NULL);
    return t.tv_sec * 1000000LL + t.tv_usec;
}

static void fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, database ? PQerrorMessage(database) : strerror(errno));
    exit(1);
}

static char *put(char *p, const void *value, int32_t length) {
    int32_t n = (int32_t)htonl((uint32_t)length);
    memcpy(p, &n, 4);
    memcpy(p + 4, value, (size_t)length);
    return p + 4 + length;
}

static char *put8(char *p, int64_t v) {
    uint64_t n = __builtin_bswap64((uint64_t)v);
    return put(p, &n, 8);
}

static char *put4(char *p, int32_t v) {
    uint32_t n = htonl((uint32_t)v);
    return put(p, &n, 4);
}

static char *put2(char *p, int16_t v) {
    uint16_t n = htons((uint16_t)v);
    return put(p, &n, 2);
}

static char *row(char *p, int64_t place) {
    memcpy(p, "\0\23", 2); /* 19 columns */
    p = put2(put2(put4(put8(put8(p + 2, 1), 1), (int32_t)place + 1), 1), 1);
    p = put4(put(put(p, "accepted", 8), "\0", 1), 0);
    p = put8(put8(put(p, ids[place], 10), sent_us[place] - EPOCH_US), answered_us[place] - EPOCH_US);
    p = put8(put2(put4(put8(put8(p, epoch), place / BLOCK + 1), 1), 0), place + 1);
    return put(put4(put4(p, (int32_t)(place & 0xffff)), 1), "EG", 2);
}

/* All that has gathered, if it is worth a commit now. */
static void commit(void) {
    if (busy) return;
    int64_t room = ledger_window - (intended - durable), left = messages - intended;
    int64_t want = room < left ? room : left;
    if (want < (left < ledger_window / 8 ? left : ledger_window / 8)) want = 0;
    int full = ready_count &&
        (4 * ready_count >= intended - durable || now_us() - waiting_since >= LINGER_US || durable + ready_count == messages);
    if (!want && !full) return;
    static char *statement;
    if (!statement) statement = malloc(64 << 20);
    char *s = statement + sprintf(statement, "select dispatch.open_group(%ld, %ld, 0);", epoch, ++group);
    committing = ready_count;
    clearing = 0;
    if (ready_count) {
        s += sprintf(s, "%s", COPY);
        char *p = rows;
        memcpy(p, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
        p += 19;
        for (int64_t i = 0; i < ready_count; i++) p = row(p, ready[i]);
        memcpy(p, "\377\377", 2);
        rows_length = (size_t)(p + 2 - rows);
        ready_count = 0;
    }
    while (want > 0) {
        int64_t n = BLOCK - intended % BLOCK, in_batch = BATCH - intended % BATCH;
        if (n > in_batch) n = in_batch;
        if (n > want) n = want;
        int64_t b = intended / BATCH;
        s += sprintf(s, "select dispatch.intend(%ld, %ld, %ld, %ld, 1, 0::smallint, %ld, '{", epoch, ++serial, batches[b],
            fences[b], intended + 1);
        for (int64_t i = 0; i < n; i++) s += sprintf(s, "%s%ld", i ? "," : "", intended + i + 1);
        for (int k = 0; k < 2; k++) {
            s += sprintf(s, "}', '{");
            for (int64_t i = 0; i < n; i++) s += sprintf(s, "%s1", i ? "," : "");
        }
        s += sprintf(s, "}', '{");
        for (int64_t i = 0; i < n; i++) s += sprintf(s, "%s%lld", i ? "," : "", FIRST + intended + i + 1);
        s += sprintf(s, "}');");
        intended += n;
        clearing += n;
        want -= n;
    }
    busy = 1;
    copied = 0;
    if (!PQsendQuery(database, statement)) fail("query");
    PQflush(database);
}

static void read_database(void) {
    if (!PQconsumeInput(database)) fail("database");
    while (busy && !PQisBusy(database)) {
        PGresult *result = PQgetResult(database);
        if (!result) {
            busy = 0;
            durable += committing;
            cleared += clearing;
            return;
        }
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_COPY_IN && !copied) {
            if (PQputCopyData(database, rows, (int)rows_length) < 0 || PQputCopyEnd(database, NULL) < 0) fail("copy");
            copied = 1;
        } else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
            fail("transaction");
        }
        PQclear(result);
    }
}

static uint8_t *submit(uint8_t *p, int64_t place) {
    uint8_t *start = p;
    p += 16;
    memcpy(p, "\0\5\0BENCH\0\1\1", 11);
    p += 11;
    int64_t number = FIRST + place + 1;
    for (int i = 11; i >= 0; i--, number /= 10) p[i] = (uint8_t)('0' + number % 10);
    p += 12;
    memcpy(p, "\0\0\0\0\0" "000001000000000R" "\0\1\0\0\0", 26);
    p += 26;
    *p++ = sizeof TEXT - 1;
    memcpy(p, TEXT, sizeof TEXT - 1);
    p += sizeof TEXT - 1;
    memcpy(p, "\2\4\0\2", 4);
    p[4] = (uint8_t)(place >> 8), p[5] = (uint8_t)place;
    p += 6;
    uint32_t words[4] = {htonl((uint32_t)(p - start)), htonl(4), 0, htonl((uint32_t)place + 2)};
    memcpy(start, words, 16);
    return p;
}

static void write_carrier(void) {
    while (out_sent < out_length) {
        ssize_t n = write(carrier, out + out_sent, out_length - out_sent);
        if (n < 0) {
            if (errno == EAGAIN || errno == EINTR) return;
            fail("carrier");
        }
        out_sent += (size_t)n;
    }
    out_length = out_sent = 0;
    int64_t n = cleared - sent, room = window - (sent - answered);
    if (n > room) n = room;
    if (n <= 0) return;
    int64_t now = now_us();
    uint8_t *p = out;
    for (int64_t i = 0; i < n; i++) {
        p = submit(p, sent);
        sent_us[sent++] = now;
    }
    out_length = (size_t)(p - out);
    write_carrier();
}

static void read_carrier(void) {
    static uint8_t in[(1 << 18) + 1024];
    static size_t held;
    ssize_t got = read(carrier, in + held, 1 << 18);
    if (got <= 0) {
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        fail("carrier");
    }
    size_t length = held + (size_t)got, at = 0;
    int64_t now = now_us();
    if (!ready_count) waiting_since = now;
    while (length - at >= 16) {
        uint32_t size, command, sequence;
        memcpy(&size, in + at, 4), memcpy(&command, in + at + 4, 4), memcpy(&sequence, in + at + 12, 4);
        size = ntohl(size);
        if (length - at < size) break;
        if (ntohl(command) == 0x80000004u) {
            int64_t place = (int64_t)ntohl(sequence) - 2;
            memcpy(ids[place], in + at + 16, 10);
            answered_us[place] = now;
            ready[ready_count++] = place;
            answered++;
        }
        at += size;
    }
    held = length - at;
    memmove(in, in + at, held);
}

int main(int count, char **given) {
    if (count != 8) return fprintf(stderr, "seven arguments, see the source\n"), 2;
    int port = atoi(given[2]), one = 1;
    messages = atol(given[3]), window = atol(given[4]), ledger_window = atol(given[5]), epoch = atol(given[6]);
    int64_t of = (messages + BATCH - 1) / BATCH, first;
    batches = calloc((size_t)of, 8), fences = calloc((size_t)of, 8);
    FILE *file = fopen(given[7], "r");
    for (int64_t i = 0; i < of; i++)
        if (!file || fscanf(file, "%ld %ld %ld", &batches[i], &fences[i], &first) != 3) fail("batches");
    sent_us = calloc((size_t)messages, 8), answered_us = calloc((size_t)messages, 8), ready = calloc((size_t)messages, 8);
    ids = calloc((size_t)messages, 10);
    rows = malloc((size_t)ledger_window * ROW + 64);
    out = malloc((size_t)window * ROW);
    database = PQconnectdb(given[1]);
    if (PQstatus(database) != CONNECTION_OK) fail("connect");
    PQsetnonblocking(database, 1);
    carrier = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(carrier, (struct sockaddr *)&at, sizeof at)) fail("carrier");
    setsockopt(carrier, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    static const uint8_t bind[] = "\0\0\0\x21\0\0\0\x09\0\0\0\0\0\0\0\1bench\0bench\0\0\x34\0\0";
    if (write(carrier, bind, sizeof bind) < 0) fail("bind"); /* its last NUL ends the string */
    fcntl(carrier, F_SETFL, O_NONBLOCK);
    int64_t began = now_us();
    while (durable < messages) {
        commit();
        write_carrier();
        int wants = out_length > out_sent;
        int flush = busy && PQflush(database) > 0;
        struct pollfd watched[2] = {
            {.fd = carrier, .events = (short)(POLLIN | (wants ? POLLOUT : 0))},
            {.fd = PQsocket(database), .events = (short)(POLLIN | (flush ? POLLOUT : 0))},
        };
        if (poll(watched, 2, ready_count ? 5 : 100) < 0 && errno != EINTR) fail("poll");
        if (watched[0].revents & (POLLIN | POLLHUP)) read_carrier();
        if (watched[1].revents & POLLIN || busy) read_database();
    }
    printf("%.0f\n", (double)messages * 1e6 / (double)(now_us() - began));
    return 0;
}
