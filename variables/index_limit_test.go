package variables

import (
	"strings"
	"testing"
	"time"

	"offscope/exchange"
)

// nearly repeats a text without its last character up to a size.
func nearly(text string, size int) string {
	return strings.Repeat(text[:len(text)-1]+"!", size/len(text))
}

func TestTextsAndSecretsThatRepeatThemselvesAreMaskedInTime(t *testing.T) {
	t.Parallel()
	const size = 128 << 10
	for name, unit := range map[string]string{
		"one letter": "a", "two letters": "ab", "quotes": `"`, "backslashes": `\`, "both": `\"`, "spaces": " ", "percent signs": "%25",
		"ampersands": "&amp;", "no ASCII": "é",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := strings.Repeat(unit, 8000/len(unit)) + "the end"
			m := NewMasker()
			m.Add("pw", secret)
			start := time.Now()
			for _, text := range []string{nearly(secret, size), strings.Repeat(unit, size/len(unit)), nearly(urlEncode(secret), size)} {
				text += "<" + secret + ">"
				masked := m.Mask(text)
				if strings.Contains(masked, "the end") {
					t.Errorf("the secret is seen: …%.100q", masked[len(masked)-min(100, len(masked)):])
				}
				for _, limit := range []int{1 << 10, 1 << 15} {
					if cut, _ := m.MaskPrefix([]byte(text), limit); !strings.HasPrefix(masked, cut) {
						t.Errorf("cut at %d it is masked differently", limit)
					}
				}
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestTheRestOfATiringTextIsHiddenOnce(t *testing.T) {
	t.Parallel()
	m := NewMasker()
	m.Add("pw", strings.Repeat("a", 5000)+"b")
	m.Add("other", "hunter2")
	row := strings.Repeat("a", 1000)
	text := "hunter2 " + row + " and so on: hunter2"
	if got := exchange.Show(m.Mask(text), exchange.Bracketed); got != "[other] "+row+" and so on: [other]" {
		t.Errorf("a text that is searched in time: %d bytes, %.60s", len(got), got)
	}
	masked := m.Mask("hunter2 " + strings.Repeat(row+"!", 100) + " hunter2")
	shown := exchange.Show(masked, exchange.Bracketed)
	if !strings.HasPrefix(shown, "[other] a") || !strings.HasSuffix(shown, "a[pw]") || strings.Count(shown, "[") != 2 {
		t.Errorf("%.30s … %s", shown, shown[max(0, len(shown)-30):])
	}
	if _, ok := m.Reveal(exchange.Mark{Secret: "pw", Encoding: unsearched}); ok {
		t.Error("what was not searched is revealed")
	}
}
