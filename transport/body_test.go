package transport

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"offscope/exchange"
)

func gzipped(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

func deflated(data []byte) []byte {
	var out bytes.Buffer
	w, _ := flate.NewWriter(&out, flate.BestSpeed)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

func zlibbed(data []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

func brotlied(data []byte) []byte {
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, brotli.BestSpeed)
	w.Write(data)
	w.Close()
	return out.Bytes()
}

func zstded(data []byte, options ...zstd.EOption) []byte {
	w, err := zstd.NewWriter(nil, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		panic(err)
	}
	defer w.Close()
	return w.EncodeAll(data, nil)
}

// coded answers with data under a Content-Encoding.
func coded(t testing.TB, coding string, data []byte) (url string) {
	return server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", coding)
		w.Write(data)
	}).URL
}

func TestContentCodingsAreUndone(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a body, ", 5000))
	tests := []struct {
		name, coding string
		data, want   []byte
	}{
		{"gzip", "gzip", gzipped(text), text},
		{"gzip in capitals", "GZIP", gzipped(text), text},
		{"gzip by its old name", "x-gzip", gzipped(text), text},
		{"gzip in two members", "gzip", append(gzipped(text[:100]), gzipped(text[100:])...), text},
		{"deflate with header", "deflate", zlibbed(text), text},
		{"deflate without header", "deflate", deflated(text), text},
		{"identity", "identity", text, text},
		{"both", "deflate, gzip", gzipped(zlibbed(text)), text},
		{"both the other way", "gzip, deflate", zlibbed(gzipped(text)), text},
		{"brotli", "br", brotlied(text), text},
		{"zstd", "zstd", zstded(text), text},
		{"zstd in two frames", "zstd", append(zstded(text[:100]), zstded(text[100:])...), text},
		{"all of them", "zstd, br, gzip", gzipped(brotlied(zstded(text))), text},
		{"unknown", "compress", text, text},
		{"unknown on top", "gzip, compress", gzipped(text), gzipped(text)},
		{"nothing to undo", "gzip", nil, nil},
		{"nothing to inflate", "deflate", nil, nil},
		{"nothing for brotli", "br", nil, nil},
		{"nothing for zstd", "zstd", nil, nil},
	}
	for _, test := range tests {
		c := newClient(t, Options{})
		url := coded(t, test.coding, test.data)
		for _, asked := range []string{"", "gzip, deflate, br", "identity"} {
			r := get(url)
			if asked != "" {
				r.Header.Add("Accept-Encoding", asked)
			}
			got, err := c.Send(context.Background(), r)
			if err != nil {
				t.Errorf("%s: %v", test.name, err)
				continue
			}
			if !bytes.Equal(got.Body, test.want) {
				t.Errorf("%s, asked for %q: %d bytes, want %d", test.name, asked, len(got.Body), len(test.want))
			}
			if got.Header.Get("Content-Encoding") != test.coding {
				t.Errorf("%s: the header lost its coding", test.name)
			}
		}
	}
}

func TestWrongCodingIsAnError(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a body, ", 5000))
	zip, zl, fl, br, zs := gzipped(text), zlibbed(text), deflated(text), brotlied(text), zstded(text)
	flipped := bytes.Clone(zip)
	flipped[len(flipped)-6] ^= 1 // in the checksum
	tests := []struct {
		name, coding string
		data         []byte
	}{
		{"not gzip", "gzip", text},
		{"gzip cut off", "gzip", zip[:len(zip)-9]},
		{"gzip without its checksum", "gzip", zip[:len(zip)-8]},
		{"gzip with a wrong checksum", "gzip", flipped},
		{"gzip and more", "gzip", append(bytes.Clone(zip), "more"...)},
		{"zlib cut off", "deflate", zl[:len(zl)-1]},
		{"zlib and more", "deflate", append(bytes.Clone(zl), "more"...)},
		{"deflate cut off", "deflate", fl[:len(fl)-1]},
		{"one byte", "gzip", zip[:1]},
		{"not brotli", "br", text},
		{"brotli and more", "br", append(bytes.Clone(br), "more"...)},
		{"brotli with a large window", "br", []byte{0x11, 30, 0, 0, 0, 0, 0, 0}},
		{"not zstd", "zstd", text},
		{"zstd and more", "zstd", append(bytes.Clone(zs), "more"...)},
		{"zstd and one more", "zstd", append(bytes.Clone(zs), 'x')},
		{"zstd with a large window", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x04, 18 << 3, 1, 0, 0}}, // 256 MiB
		{"too many", strings.Repeat("gzip,", 5), zip},
	}
	for _, test := range tests {
		got := failing(t, newClient(t, Options{}), get(coded(t, test.coding, test.data)))
		if got.Kind != KindProtocol || !strings.Contains(got.Message, "Content-Encoding") || got.Phase != PhaseReceive {
			t.Errorf("%s: %s %q in phase %q", test.name, got.Kind, got.Message, got.Phase)
		}
	}
}

func TestCutCodingIsAnErrorWhereverItIsCut(t *testing.T) {
	t.Parallel()
	text := []byte(strings.Repeat("a body, ", 20))
	c := newClient(t, Options{})
	for coding, data := range map[string][]byte{
		"gzip": gzipped(text), "deflate": zlibbed(text), "br": brotlied(text), "zstd": zstded(text),
	} {
		for n := 1; n < len(data); n++ {
			var wrong *codingError
			if got, err := c.decode([]string{coding}, bytes.NewReader(data[:n])); !errors.As(err, &wrong) {
				t.Errorf("%s cut to %d of %d bytes: %q, %v", coding, n, len(data), got, err)
			}
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	const limit = 10_000
	zeros := make([]byte, 4<<20)
	bomb := gzipped(zeros)
	nested := gzipped(bomb)
	brBomb, zstdBomb := brotlied(zeros), zstded(zeros)
	chunked := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for range n / 1000 {
				if _, err := w.Write(zeros[:1000]); err != nil {
					return
				}
				w.(http.Flusher).Flush()
			}
		}
	}
	whole := func(n int, coding string, data []byte) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(n))
			w.Header().Set("Content-Encoding", coding)
			w.Write(data)
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		size    int // 0: over the limit
	}{
		{"length at the limit", whole(limit, "", zeros[:limit]), limit},
		{"length over the limit", whole(limit+1, "", zeros[:limit+1]), 0},
		{"huge length", whole(1<<40, "", zeros[:10]), 0},
		{"chunks at the limit", chunked(limit), limit},
		{"chunks over the limit", chunked(limit + 1000), 0},
		{"endless chunks", chunked(1 << 40), 0},
		{"gzip at the limit", whole(len(gzipped(zeros[:limit])), "gzip", gzipped(zeros[:limit])), limit},
		{"gzip over the limit", whole(len(gzipped(zeros[:limit+1])), "gzip", gzipped(zeros[:limit+1])), 0},
		{"bomb", whole(len(bomb), "gzip", bomb), 0},
		{"brotli at the limit", whole(len(brotlied(zeros[:limit])), "br", brotlied(zeros[:limit])), limit},
		{"brotli bomb", whole(len(brBomb), "br", brBomb), 0},
		{"zstd at the limit", whole(len(zstded(zeros[:limit])), "zstd", zstded(zeros[:limit])), limit},
		{"zstd bomb", whole(len(zstdBomb), "zstd", zstdBomb), 0},
		{"bomb in a bomb", whole(len(nested), "gzip, gzip", nested), 0},
	}
	for _, test := range tests {
		c := newClient(t, Options{MaxBody: limit})
		r := get(server(t, test.handler).URL)
		if test.size > 0 {
			if got, err := c.Send(context.Background(), r); err != nil || len(got.Body) != test.size {
				t.Errorf("%s: %v, %v", test.name, got, err)
			}
			continue
		}
		got := failing(t, c, r)
		if got.Kind != KindBodyLimit || !strings.HasSuffix(got.Message, "response body exceeds the limit of 10000 bytes") {
			t.Errorf("%s: %s %q", test.name, got.Kind, got.Message)
		}
	}
	if text := bytesText(DefaultMaxBody); text != "64 MiB" {
		t.Errorf("the default limit reads %q", text)
	}
}

func TestAnswersWithoutBodyIgnoreTheirLength(t *testing.T) {
	t.Parallel()
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Length", "1000000")
			w.Header().Set("Content-Encoding", "gzip")
			return
		}
		code, _ := strconv.Atoi(r.URL.Path[1:])
		w.WriteHeader(code)
	})
	c := newClient(t, Options{MaxBody: 10})
	for _, r := range []exchange.Request{
		{Method: "HEAD", URL: s.URL + "/200"}, {URL: s.URL + "/204"}, {URL: s.URL + "/304"}, {URL: s.URL + "/200"},
	} {
		got, err := c.Send(context.Background(), &r)
		if err != nil || len(got.Body) != 0 {
			t.Errorf("%s %s: %v, %v", r.Method, r.URL, got, err)
		}
	}
}

func TestProtocolSwitchHasNoBody(t *testing.T) {
	t.Parallel()
	url := answering(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframes")
	r := get(url)
	r.Header = exchange.Header{{Name: "Connection", Value: "Upgrade"}, {Name: "Upgrade", Value: "websocket"}}
	got, err := newClient(t, Options{}).Send(context.Background(), r)
	if err != nil || got.Status != 101 || len(got.Body) != 0 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestReadAllFindsEveryLength(t *testing.T) {
	t.Parallel()
	data := bytes.Repeat([]byte("0123456789"), 20_000)
	for _, n := range []int{0, 1, 511, 512, 513, len(data)} {
		for _, size := range []int64{-1, int64(n)} {
			got, err := readAll(io.MultiReader(bytes.NewReader(data[:n/2]), bytes.NewReader(data[n/2:n])), size, int64(n))
			if err != nil || !bytes.Equal(got, data[:n]) {
				t.Errorf("%d bytes, announced %d: %d, %v", n, size, len(got), err)
			}
		}
		if _, err := readAll(bytes.NewReader(data[:n]), int64(n)+1, int64(n)+1); err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes, one more announced: %v", n, err)
		}
	}
}
