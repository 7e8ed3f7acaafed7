package report

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"offscope/event"
	"offscope/exchange"
)

// addressed has servers and cookies of all kinds.
var addressed = map[string]func() []event.Event{
	"addresses": func() []event.Event {
		s := run(1).open("Addresses", "users.json", 3)
		for _, remote := range []string{"127.0.0.1:8080", "[fe80::1%eth0]:443", "/run/server.sock"} {
			x := answer("GET", "/Users?%EE%83%B0=%zz&&a#part", 200, "OK", userList)
			x.Timings.Remote = remote
			x.Request.Header.Add("Cookie", "sid="+auth+"; theme=dark")
			x.Response.Header.Add("Set-Cookie", "sid="+auth+"; Expires=Fri, 02 Jan 2026 03:04:05 GMT; Secure")
			s.request("Over "+remote, x, passed(1))
		}
		return allDone(s, 3, 3, 0)
	},
}

// theEntry is the only entry of an archive, as somebody else decodes it.
func theEntry(t *testing.T, x event.Exchanged) map[string]any {
	t.Helper()
	s := run(1).open("HAR", "har.json", 1).request("One", &x, passed(0))
	var archive struct {
		Log struct{ Entries []map[string]any }
	}
	got := document(t, "har", timed(s.close(event.Passed, "", event.Counts{Steps: 1}, 0).end(event.RunFinished{Outcome: event.Passed, Tests: 1})))
	if err := json.Unmarshal([]byte(got), &archive); err != nil {
		t.Fatal(err)
	}
	if len(archive.Log.Entries) != 1 {
		t.Fatalf("%d entries\n%s", len(archive.Log.Entries), got)
	}
	return archive.Log.Entries[0]
}

func TestAHARHasTheAddressOfAServerAndNoOther(t *testing.T) {
	t.Parallel()
	for remote, want := range map[string]any{
		"127.0.0.1:8080": "127.0.0.1", "[::1]:443": "::1", "[fe80::1%eth0]:443": "fe80::1", "": nil, "/run/server.sock": nil, "@server": nil, "localhost:80": nil,
	} {
		x := answer("GET", "/", 200, "OK", "")
		x.Timings.Remote = remote
		if got := theEntry(t, *x)["serverIPAddress"]; got != want {
			t.Errorf("%q is written as %v, want %v", remote, got, want)
		}
	}
}

func TestAHARTakesTheURLApart(t *testing.T) {
	t.Parallel()
	x := answer("GET", "", 200, "OK", "")
	x.Request.URL = "http://h/p?a=1&&b&c=%zz&d=x+y%26#part?e=1"
	request := theEntry(t, *x)["request"].(map[string]any)
	pair := func(name, value string) any { return map[string]any{"name": name, "value": value} }
	want := map[string]any{"url": "http://h/p?a=1&&b&c=%zz&d=x+y%26", "queryString": []any{pair("a", "1"), pair("b", ""), pair("c", "%zz"), pair("d", "x y&")}}
	if diff := cmp.Diff(want, map[string]any{"url": request["url"], "queryString": request["queryString"]}); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestAHARListsCookies(t *testing.T) {
	t.Parallel()
	x := answer("GET", "/", 200, "OK", "")
	x.Request.Header = exchange.Header{{Name: "Cookie", Value: "sid=" + auth + "; theme=dark"}, {Name: "cookie", Value: "c=3"}}
	x.Response.Header = exchange.Header{
		{Name: "Set-Cookie", Value: "sid=" + auth + "; Path=/a; Domain=h.example; Expires=Fri, 02 Jan 2026 03:04:05 GMT; HttpOnly; Secure"},
		{Name: "Set-Cookie", Value: "no cookie"}, {Name: "Set-Cookie", Value: "b=2"},
	}
	entry := theEntry(t, *x)
	got := map[string]any{"sent": entry["request"].(map[string]any)["cookies"], "set": entry["response"].(map[string]any)["cookies"]}
	want := map[string]any{
		"sent": []any{
			map[string]any{"name": "sid", "value": "[auth]"}, map[string]any{"name": "theme", "value": "dark"}, map[string]any{"name": "c", "value": "3"},
		},
		"set": []any{
			map[string]any{"name": "sid", "value": "[auth]", "path": "/a", "domain": "h.example", "expires": "2026-01-02T03:04:05.000Z", "httpOnly": true, "secure": true},
			map[string]any{"name": "b", "value": "2"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
