package scim

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzJSON: what is written is valid JSON and reads back as what was written.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2.50,-1e9,null,true,"x"],"b":{"c":{}}}`, `{"q\"\\\n\u0000\u2028é😀<>&":"\u007f"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := decodeObject(body)
		if err != nil {
			return
		}
		written := appendValue(nil, m)
		if !json.Valid(written) {
			t.Fatalf("%q is not JSON", written)
		}
		again, err := decodeObject(written)
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%q reads back as %v, %v", written, again, err)
		}
	})
}

func TestTextThatIsNotUTF8IsRepaired(t *testing.T) {
	t.Parallel()
	if got := string(appendString(nil, "a\xffb")); got != "\"a\ufffdb\"" {
		t.Error(got)
	}
}

func TestCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{})
	u, ok := s.User("ADA.SEED@example.com")
	if !ok || u["active"] != true || len(s.Groups()) != 1 {
		t.Fatalf("the seeded user is %v", u)
	}
	u["name"].(map[string]any)["givenName"] = "changed"
	u["emails"].([]any)[0] = "changed"
	again, _ := s.User("ada.seed@example.com")
	if again["name"].(map[string]any)["givenName"] != "Ada" || again["emails"].([]any)[0] == "changed" {
		t.Errorf("the server's user changed: %v", again)
	}
	if _, found := s.Active("nobody"); found {
		t.Error("found nobody")
	}
}

func TestRequestLogKeepsTheNewest(t *testing.T) {
	t.Parallel()
	s := newTestServer(Options{Bearer: testToken})
	c := newClient(t, s, V2)
	for range keptRequests {
		c.get("/Users/x")
	}
	c.auth = ""
	c.send("POST", "/Users", "{}")
	c.auth = "Bearer " + testToken
	c.send("POST", "/Users", `{"a":1}`, "User-Agent", "tester")
	log := s.Requests()
	if len(log) != keptRequests {
		t.Fatalf("%d requests are kept", len(log))
	}
	if before := log[keptRequests-2]; before.Authorized || before.Status != 401 || before.Body != "" {
		t.Errorf("the last but one is %+v", before)
	}
	last := log[keptRequests-1]
	if !last.Authorized || last.Status != 400 || last.Method != "POST" || last.Path != "/scim/v2/Users" || last.Body != `{"a":1}` || last.UserAgent != "tester" {
		t.Errorf("the last is %+v", last)
	}
}
