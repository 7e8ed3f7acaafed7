package transport

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

const (
	hostileBody  = 1 << 20                // the limit
	hostileTime  = 300 * time.Millisecond // the limit, where it is reached
	hostileAlloc = 64 << 20               // all allocations of an exchange, ours and the server's: more than its peak
)

// A hostileAnswer is one that must end as an error, within our limits.
type hostileAnswer struct {
	name    string
	kind    Kind
	message string // its end
	serve   func(io.Writer)
}

const (
	overLimit    = "response body exceeds the limit of 1 MiB"
	headerLimit  = "server response headers exceeded 1048576 bytes; aborted"
	noEnd        = "no end of the answer after 300ms"
	chunkedHead  = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	hostileBlock = 16 << 10
)

// forEver writes a text again and again until nobody takes it.
func forEver(w io.Writer, text string) {
	block := []byte(strings.Repeat(text, 1+hostileBlock/len(text)))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func endless(head, text string) func(io.Writer) {
	return func(w io.Writer) {
		io.WriteString(w, head)
		forEver(w, text)
	}
}

func everySecond(head, text string) func(io.Writer) {
	return func(w io.Writer) {
		io.WriteString(w, head)
		for {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	}
}

func bomb(coding string, data []byte) func(io.Writer) {
	return func(w io.Writer) {
		io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Encoding: "+coding+"\r\nConnection: close\r\n\r\n")
		w.Write(data)
	}
}

func hostileAnswers() []hostileAnswer {
	zeros := make([]byte, 16<<20)
	gz, br := gzipped(zeros), brotlied(zeros)
	zs := zstded(zeros, zstd.WithWindowSize(largestWindow))
	wide := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 20 << 3, 1, 0, 0} // a frame that asks for a window of 1 GiB
	return []hostileAnswer{
		{"endless body", KindBodyLimit, overLimit, endless("HTTP/1.1 200 OK\r\n\r\n", "x")},
		{"endless chunks", KindBodyLimit, overLimit, endless(chunkedHead, chunk(strings.Repeat("x", 1000)))},
		{"one chunk of 2^60 bytes", KindBodyLimit, overLimit, endless(chunkedHead+"1000000000000000\r\n", "x")},
		{"length of 2^60 bytes", KindBodyLimit, overLimit, endless("HTTP/1.1 200 OK\r\nContent-Length: 1152921504606846976\r\n\r\n", "x")},
		{"one byte a second", KindTimeout, noEnd, everySecond("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x")},
		{"one byte of the header a second", KindTimeout, noEnd, everySecond("HTTP/1.1 200 OK\r\nX: ", "x")},
		{"one byte of the coded body a second", KindTimeout, noEnd,
			everySecond("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"+string(gzipped(zeros[:9])[:10]), "\x00")},
		{"gzip bomb", KindBodyLimit, overLimit, bomb("gzip", gz)},
		{"gzip bomb in gzip", KindBodyLimit, overLimit, bomb("gzip, gzip", gzipped(gz))},
		{"deflate bomb", KindBodyLimit, overLimit, bomb("deflate", zlibbed(zeros))},
		{"br bomb", KindBodyLimit, overLimit, bomb("br", br)},
		{"br bomb in br", KindBodyLimit, overLimit, bomb("br, br", brotlied(br))},
		{"zstd bomb", KindBodyLimit, overLimit, bomb("zstd", zs)},
		{"zstd window of 1 GiB", KindProtocol, "the body is not the zstd that Content-Encoding announces: window size exceeded", bomb("zstd", wide)},
		{"zstd of empty frames", KindTimeout, noEnd, endless("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n", string(zstded(nil, zstd.WithZeroFrames(true))))},
		{"gzip of empty members", KindTimeout, noEnd, endless("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", string(gzipped(nil)))},
		{"header of 10 MB", KindProtocol, headerLimit, func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 10_000_000)+"\r\nContent-Length: 0\r\n\r\n")
		}},
		{"header of 100000 lines", KindProtocol, headerLimit, func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\n"+strings.Repeat("X: 1234567\r\n", 100_000)+"Content-Length: 0\r\n\r\n")
		}},
		{"endless header", KindProtocol, headerLimit, endless("HTTP/1.1 200 OK\r\n", "X: y\r\n")},
		{"endless header line", KindProtocol, headerLimit, endless("HTTP/1.1 200 OK\r\nX: ", "x")},
		{"endless status line", KindProtocol, headerLimit, endless("HTTP/1.1 200 ", "x")},
		{"endless 1xx answers", KindProtocol, headerLimit, endless("", "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n")},
		{"endless 100 Continue", KindProtocol, headerLimit, endless("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{"endless chunk extension", KindProtocol, "header line too long", endless(chunkedHead+"1;", "x")},
		{"large chunk extensions", KindProtocol, "chunked encoding contains too much non-data",
			endless(chunkedHead, "1;"+strings.Repeat("x", 1000)+"\r\nx\r\n")},
		{"endless trailer", KindProtocol, "http: suspiciously long trailer after chunked body", endless(chunkedHead+"0\r\n", "X: y\r\n")},
	}
}

func TestHostileAnswersEndWithinLimits(t *testing.T) {
	for _, test := range hostileAnswers() {
		t.Run(test.name, func(t *testing.T) {
			url := rawServer(t, func(conn net.Conn) {
				readHead(bufio.NewReader(conn))
				test.serve(conn)
			})
			checkHostile(t, Options{}, url, test)
		})
	}
}

// checkHostile runs alone: it counts what the whole process allocates.
func checkHostile(t *testing.T, o Options, url string, test hostileAnswer) {
	t.Helper()
	o.Timeout, o.MaxBody = 10*hostileTime, hostileBody
	if test.kind == KindTimeout {
		o.Timeout = hostileTime
	}
	c := newClient(t, o)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	got := failing(t, c, get(url))
	took := time.Since(began)
	runtime.ReadMemStats(&after)
	if got.Kind != test.kind || !strings.HasSuffix(got.Message, test.message) || len(got.Message) > 400 {
		t.Errorf("%s in phase %s: %s", got.Kind, got.Phase, got.Message)
	}
	if took > o.Timeout+time.Second {
		t.Errorf("it took %v", took)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > hostileAlloc {
		t.Errorf("it allocated %d MiB", allocated>>20)
	}
}

func TestHostileAnswersInHTTP2EndWithinLimits(t *testing.T) {
	large := strings.Repeat("x", 10_000)
	block := make([]byte, hostileBlock)
	zs := zstded(make([]byte, 16<<20), zstd.WithWindowSize(largestWindow))
	tests := []struct {
		hostileAnswer
		handler http.HandlerFunc
	}{
		{hostileAnswer{"endless body", KindBodyLimit, overLimit, nil}, func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}},
		{hostileAnswer{"one byte a second", KindTimeout, noEnd, nil}, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(block[:1])
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(time.Second):
				}
			}
		}},
		{hostileAnswer{"zstd bomb", KindBodyLimit, overLimit, nil}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "zstd")
			w.Write(zs)
		}},
		{hostileAnswer{"header of 10 MB", KindProtocol, "", nil},
			func(w http.ResponseWriter, _ *http.Request) {
				for range 1000 {
					w.Header().Add("X", large)
				}
			}},
		{hostileAnswer{"endless 1xx answers", KindProtocol, "", nil}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", large)
			for r.Context().Err() == nil {
				w.WriteHeader(http.StatusEarlyHints)
			}
		}},
		{hostileAnswer{"stream reset", KindProtocol, "the HTTP/2 stream ended early: internal error", nil}, func(w http.ResponseWriter, _ *http.Request) {
			w.Write(block)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}},
		{hostileAnswer{"stream reset at once", KindProtocol, "the HTTP/2 stream ended early: internal error", nil},
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{hostileAnswer{"length that is not kept", KindClosed, "the server closed the connection before the end of its answer", nil}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			w.Write(block[:1])
		}},
	}
	for _, secure := range []bool{true, false} {
		for _, test := range tests {
			t.Run(map[bool]string{true: "TLS ", false: "plain "}[secure]+test.name, func(t *testing.T) {
				s := versionServer(t, secure, only2, test.handler)
				checkHostile(t, Options{Insecure: true, HTTPVersion: HTTP2, H2C: true}, s.URL, test.hostileAnswer)
			})
		}
	}
}

func TestHTTP2ServerThatLeavesIsNamed(t *testing.T) {
	t.Parallel()
	url := rawServer(t, func(conn net.Conn) { // an empty SETTINGS frame, and the end
		conn.Write([]byte{0, 0, 0, 4, 0, 0, 0, 0, 0})
		conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		io.Copy(io.Discard, conn)
	})
	got := failing(t, newClient(t, Options{H2C: true}), get(url))
	if got.Kind != KindClosed || !strings.HasSuffix(got.Message, ": the server closed the connection without an answer") {
		t.Errorf("%s in phase %s: %s", got.Kind, got.Phase, got.Message)
	}
}

func TestHostileAnswerInInvalidUTF8ComesThroughUnchanged(t *testing.T) {
	t.Parallel()
	var body []byte
	for b := range 256 {
		body = append(body, byte(b), 0xed, 0xa0, 0x80, 0xc0, 0xaf)
	}
	for _, coding := range []string{"", "gzip", "br", "zstd"} {
		data := map[string][]byte{"": body, "gzip": gzipped(body), "br": brotlied(body), "zstd": zstded(body)}[coding]
		got, err := newClient(t, Options{}).Send(context.Background(), get(coded(t, coding, data)))
		if err != nil || string(got.Body) != string(body) {
			t.Errorf("%q: %v, %v", coding, got, err)
		}
	}
}

func TestHostileSurplusEndsTheConnection(t *testing.T) {
	t.Parallel()
	gone := make(chan struct{})
	url := rawServer(t, func(conn net.Conn) {
		defer close(gone)
		readHead(bufio.NewReader(conn))
		endless(okWith("ok"), okWith("false"))(conn)
	})
	if got, err := newClient(t, Options{}).Send(context.Background(), get(url)); err != nil || string(got.Body) != "ok" {
		t.Errorf("got %v, %v", got, err)
	}
	select {
	case <-gone:
	case <-time.After(3 * time.Second): // sooner than an idle connection is left
		t.Error("the connection stands")
	}
}
