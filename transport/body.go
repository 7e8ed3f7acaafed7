package transport

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const (
	largestBuffer = 8 << 20 // taken on a server's word alone
	mostCodings   = 4       // one after the other; no real server uses more than two
	largestWindow = 8 << 20 // of zstd; RFC 9659 lets no server use more
)

var errBodyLimit = errors.New("response body exceeds the limit")

// A codingError says that a body is not what its Content-Encoding says.
type codingError struct {
	coding string
	err    error
}

func (e *codingError) Error() string {
	return fmt.Sprintf("the body is not the %s that Content-Encoding announces: %v", e.coding, e.err)
}

func (e *codingError) Unwrap() error { return e.err }

// readBody reads a whole body and undoes its content codings. Nothing that was cut short gets through: neither a body that
// is shorter than its length, nor chunks or compressed data without their end. Only of an answer without any length, which
// ends with its connection, nobody can tell.
func (c *Client) readBody(method string, response *http.Response) ([]byte, error) {
	if method == http.MethodHead || response.Body == http.NoBody || response.StatusCode == http.StatusSwitchingProtocols {
		return nil, nil // a length or coding in the header is about a body that is not here
	}
	codings := codingsOf(response.Header)
	if len(codings) > 0 {
		return c.decode(codings, response.Body)
	}
	return readAll(response.Body, response.ContentLength, c.maxBody)
}

// codingsOf lists the content codings to undo, last applied last; none when there is one we do not know, since the bytes as
// they came are then the best there is.
func codingsOf(header http.Header) []string {
	var codings []string
	for _, line := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(line, ",") {
			switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
			case "", "identity":
			case "gzip", "x-gzip", "deflate", "br", "zstd":
				codings = append(codings, coding)
			default:
				return nil
			}
		}
	}
	return codings
}

// readAll reads to the end, at most limit bytes. The size is what the header announces, negative when it does not.
func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	if size > limit {
		return nil, errBodyLimit
	}
	if size >= 0 && size <= largestBuffer {
		body := make([]byte, size)
		_, err := io.ReadFull(r, body)
		if err == io.EOF { // not one byte of them came
			err = io.ErrUnexpectedEOF
		}
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(body)) > limit {
		return nil, errBodyLimit
	}
	return body, err
}

// wire is the body as the server sends it. It remembers how it ended, to tell a connection that broke from data that are
// wrong.
type wire struct {
	body io.Reader
	read int64
	err  error
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.read += int64(n)
	w.err = err
	return n, err
}

func (w *wire) broken() bool { return w.err != nil && w.err != io.EOF }

func (w *wire) empty() bool { return w.read == 0 && w.err == io.EOF }

func (c *Client) decode(codings []string, body io.Reader) ([]byte, error) {
	names := strings.Join(codings, ", ")
	if len(codings) > mostCodings {
		return nil, &codingError{names, fmt.Errorf("more than %d codings one after the other", mostCodings)}
	}
	raw := &wire{body: body}
	decoded, err := c.decodeWire(codings, raw)
	switch {
	case err == nil, errors.Is(err, errBodyLimit):
		return decoded, err
	case raw.empty():
		return nil, nil
	case raw.broken():
		return nil, raw.err
	}
	return nil, &codingError{names, err}
}

func (c *Client) decodeWire(codings []string, raw io.Reader) ([]byte, error) {
	layers := make([]*bufio.Reader, 0, mostCodings)
	data := raw
	for i := len(codings) - 1; i >= 0; i-- {
		layer := bufio.NewReader(data)
		layers = append(layers, layer)
		var err error
		if data, err = c.decoder(codings[i], layer); err != nil {
			return nil, err
		}
		switch d := data.(type) {
		case *gzip.Reader:
			defer c.gzips.Put(d)
		case *zstd.Decoder:
			defer d.Close()
		}
	}
	decoded, err := readAll(data, -1, c.maxBody)
	if err != nil {
		return nil, err
	}
	for _, layer := range slices.Backward(layers) { // the inner ones first: that lets the outer ones reach their end
		if err := atEnd(layer); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

func (c *Client) decoder(coding string, data *bufio.Reader) (io.Reader, error) {
	switch coding {
	case "deflate":
		return inflater(data)
	case "br":
		return brotli.NewReader(data), nil // its format bounds the window to 16 MiB
	case "zstd":
		return zstd.NewReader(data, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(largestWindow), zstd.WithDecoderMaxMemory(2*largestWindow))
	}
	if pooled, ok := c.gzips.Get().(*gzip.Reader); ok {
		return pooled, pooled.Reset(data)
	}
	return gzip.NewReader(data)
}

// inflater reads "deflate" in both senses in use: the standard's, with zlib's header, and the bare one of some servers.
func inflater(data *bufio.Reader) (io.Reader, error) {
	head, err := data.Peek(2)
	if err == nil && head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(data)
	}
	return flate.NewReader(data), nil
}

// atEnd fails when something follows the compressed data, and when the end of the body itself is missing.
func atEnd(data *bufio.Reader) error {
	_, err := data.ReadByte()
	if err == nil {
		return errors.New("more data behind the end")
	}
	if err != io.EOF {
		return err
	}
	return nil
}
