package variables

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// cookies makes values as servers give them: random ones, and ones that begin alike.
func cookies(n int, prefix string) []string {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%016x%016x", prefix, random.Uint64(), random.Uint64())
	}
	return all
}

// A step of a test with a server that gives a new cookie with every answer: one value more, and the texts of the step.
func BenchmarkStepWithANewCookie(b *testing.B) {
	body := strings.Repeat(`{"id":"00u1","userName":"user@example.com","meta":{"location":"http://localhost/Users/1"}},`, 20)
	for _, prefix := range []string{"", "eyJhbGciOiJIUzI1NiJ9.", "s%3A"} {
		for _, known := range []int{0, 128, 512, 1024, 4096} {
			b.Run(fmt.Sprintf("%q after %d", prefix, known), func(b *testing.B) {
				all := cookies(known+b.N+500, prefix)
				m := NewMasker()
				for _, value := range all[:known] {
					m.Add("Set-Cookie", value)
				}
				m.Mask(body)
				latest := all[known:]
				n := 0
				for b.Loop() {
					if n++; n%100 == 0 && known > 0 { // so many are known, and not ever more
						b.StopTimer()
						m = NewMasker()
						for _, value := range all[:known] {
							m.Add("Set-Cookie", value)
						}
						m.Mask(body)
						b.StartTimer()
					}
					m.Add("Set-Cookie", latest[n%500])
					m.Mask("s=" + latest[n%500])
					m.Mask("s=" + latest[n%500] + "; Path=/; HttpOnly")
					m.MaskPrefix([]byte(body), 64<<10)
					for range 40 { // names, addresses, headers, failures
						m.Mask("application/scim+json; charset=utf-8")
					}
				}
			})
		}
	}
}
