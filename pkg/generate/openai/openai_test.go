package openai_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"screentest/pkg/cost"
	"screentest/pkg/endpoint"
	"screentest/pkg/generate"
	"screentest/pkg/generate/openai"
	"screentest/pkg/judge"
	"screentest/pkg/judge/openai/openaitest"
)

func TestThePictureOrderedComes(t *testing.T) {
	tests := map[string]struct {
		change        func(*openai.Config)
		width, height int
		format        string
		extension     string
	}{
		"png":       {func(*openai.Config) {}, 256, 256, "png", ".png"},
		"jpeg":      {func(c *openai.Config) { c.Format = "jpeg" }, 256, 256, "jpeg", ".jpg"},
		"landscape": {func(c *openai.Config) { c.Size = "512x256" }, 512, 256, "png", ".png"},
		"any size":  {func(c *openai.Config) { c.Size, c.Quality = "auto", "auto" }, 1024, 1024, "png", ".png"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g, server := served(t, openaitest.Options{Key: key}, test.change)
			picture, usage := made(t, g)
			config, format, err := image.DecodeConfig(bytes.NewReader(picture.Data))
			if err != nil || format != test.format || config.Width != test.width || config.Height != test.height {
				t.Errorf("%s of %d×%d, %v", format, config.Width, config.Height, err)
			}
			if picture.Extension != test.extension {
				t.Errorf("extension %s", picture.Extension)
			}
			wantRequests(t, server.Handler, 1)
			if usage.Requests != 1 || usage.Images != 0 {
				t.Errorf("%+v", usage)
			}
		})
	}
}

// What is sent is the prompt, word for word, and nothing that names anybody.
func TestWhatIsSent(t *testing.T) {
	check := func(r openaitest.Request) openaitest.Fault {
		var sent map[string]any
		if err := json.Unmarshal(r.Raw, &sent); err != nil {
			t.Error(err)
		}
		delete(sent, "images")
		user, _ := sent["user"].(string)
		delete(sent, "user")
		want := map[string]any{
			"model": "gpt-image-2", "prompt": order().Prompt.Text, "size": "256x256", "quality": "medium", "output_format": "png",
		}
		if !reflect.DeepEqual(sent, want) || len(user) != 64 {
			t.Errorf("sent %v and user %q", sent, user)
		}
		for _, secret := range []string{"installation-7", "0042_black_25_female", key} {
			if strings.Contains(string(r.Raw), secret) {
				t.Errorf("%s is sent", secret)
			}
		}
		return nil
	}
	g, _ := direct(t, openaitest.Options{EditFault: check})
	made(t, g)
}

func TestUsageIsWhatTheServerReports(t *testing.T) {
	budget := cost.NewBudget(1)
	g, server := served(t, openaitest.Options{}, func(c *openai.Config) { c.Budget = budget })
	var total cost.Usage
	for range 3 {
		_, usage := made(t, g)
		total = total.Add(usage)
	}
	s := server.Stats().Edits
	usd := (float64(s.TextTokens)*price.Text + float64(s.ImageTokens)*price.Image + float64(s.OutputTokens)*price.Output) / 1e6
	if math.Abs(total.USD-usd) > 1e-12 || math.Abs(budget.Spent()-usd) > 1e-12 || usd == 0 {
		t.Errorf("$%v used, $%v booked, the server says $%v", total.USD, budget.Spent(), usd)
	}
	total.USD = 0
	want := cost.Usage{Requests: 3, InputTokens: s.TextTokens + s.ImageTokens, OutputTokens: s.OutputTokens}
	if total != want {
		t.Errorf("%+v, want %+v", total, want)
	}
}

// Where the report does not tell text from image, the dearer is assumed.
func TestUsageWithoutDetails(t *testing.T) {
	g, _ := direct(t, openaitest.Options{EditFault: openaitest.Always(body(500,
		`{"error":{"message":"late"},"usage":{"input_tokens":1000,"output_tokens":100,"input_tokens_details":{"text_tokens":200}}}`))})
	_, usage, _ := g.Generate(t.Context(), order())
	if want := (200*5 + 800*8 + 100*30.0) / 1e6; math.Abs(usage.USD-want) > 1e-12 {
		t.Errorf("$%v, want $%v", usage.USD, want)
	}
}

// The published prices of one picture, to which the input is added.
func TestBound(t *testing.T) {
	tests := []struct {
		size, quality string
		picture       float64
	}{
		{"1024x1024", "low", 0.006}, {"1024x1024", "medium", 0.053}, {"1024x1024", "high", 0.211}, {"1024x1024", "auto", 0.211},
		{"1024x1536", "low", 0.005}, {"1536x1024", "medium", 0.041}, {"1024x1536", "high", 0.165},
		{"3584x2048", "high", 0.370}, {"auto", "medium", 0.178},
	}
	for _, test := range tests {
		g := built(t, config(), func(c *openai.Config) { c.Size, c.Quality = test.size, test.quality })
		input := (4200*price.Text + 1843*price.Image) / 1e6
		if got := g.Bound() - input; math.Abs(got-test.picture) > 0.0006 {
			t.Errorf("%s %s: $%.4f for the picture, published is $%.3f", test.size, test.quality, got, test.picture)
		}
	}
	dear := built(t, config(), func(c *openai.Config) { c.Model, c.MaxUSD = "gpt-image-3", 0.5 })
	own := built(t, config(), func(c *openai.Config) { c.Model, c.Price, c.BaseURL = "flux", openai.Price{}, "http://localhost/v1" })
	if dear.Bound() != 0.5 || own.Bound() != 0 {
		t.Errorf("bounds $%v and $%v", dear.Bound(), own.Bound())
	}
}

// What an order really costs never exceeds what was set aside for it.
func TestBoundIsAnUpperBound(t *testing.T) {
	longest := order()
	longest.Prompt.Text = strings.Repeat("é", 2000)
	longest.Base = asJPEG(image.NewGray(image.Rect(0, 0, 1024, 1024)))
	for _, size := range []string{"1024x1024", "832x1216", "auto"} {
		for _, quality := range []string{"low", "auto"} {
			g, _ := direct(t, openaitest.Options{}, func(c *openai.Config) { c.Size, c.Quality = size, quality })
			_, usage, err := g.Generate(t.Context(), longest)
			if err != nil || usage.USD > g.Bound() {
				t.Errorf("%s %s: $%v of at most $%v, %v", size, quality, usage.USD, g.Bound(), err)
			}
		}
	}
}

func TestOrdersThatCannotBeSent(t *testing.T) {
	g, h := direct(t, openaitest.Options{})
	tests := map[string]struct {
		change func(*generate.Order)
		says   string
	}{
		"no prompt":       {func(o *generate.Order) { o.Prompt.Text = "" }, "prompt of 0 bytes"},
		"a long prompt":   {func(o *generate.Order) { o.Prompt.Text = strings.Repeat("x", 4001) }, "4000"},
		"no base image":   {func(o *generate.Order) { o.Base = nil }, "base image: broken image: the file is empty"},
		"broken base":     {func(o *generate.Order) { o.Base = o.Base[:400] }, "base image: broken image"},
		"unreadable base": {func(o *generate.Order) { o.Base = []byte("GIF89a") }, "base image: image beyond the limits"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := order()
			test.change(&o)
			_, usage, err := g.Generate(t.Context(), o)
			wantOutcome(t, err, errAny)
			if !strings.Contains(err.Error(), test.says) || usage != (cost.Usage{}) {
				t.Errorf("%+v, %v; want %q", usage, err, test.says)
			}
		})
	}
	wantRequests(t, h, 0)
}

// Many orders at once: for the race detector.
func TestConcurrentOrders(t *testing.T) {
	g, server := served(t, openaitest.Options{})
	var workers sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]bool{}
	for range 8 {
		workers.Go(func() {
			picture, _, err := g.Generate(t.Context(), order())
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen[openaitest.SHA256(picture.Data)] = true
		})
	}
	workers.Wait()
	if len(seen) != 8 {
		t.Errorf("%d different pictures for 8 orders", len(seen))
	}
	wantRequests(t, server.Handler, 8)
}

func TestConfigErrors(t *testing.T) {
	tests := map[string]struct {
		change func(*openai.Config)
		says   []string
	}{
		"no key":           {func(c *openai.Config) { c.APIKey = "" }, []string{"OPENAI_API_KEY", "--generator offline"}},
		"two keys":         {func(c *openai.Config) { c.APIKey = key + "\n" + key }, []string{"OPENAI_API_KEY"}},
		"no price":         {func(c *openai.Config) { c.Price.Image = 0 }, []string{"price", "gpt-image-2"}},
		"unknown bound":    {func(c *openai.Config) { c.Model = "gpt-image-2.5-flare" }, []string{"gpt-image-2.5-flare", "generation.max_usd_per_image"}},
		"negative bound":   {func(c *openai.Config) { c.MaxUSD = -1 }, []string{"negative"}},
		"not a URL":        {func(c *openai.Config) { c.BaseURL = "localhost:11434/v1" }, []string{"OPENAI_BASE_URL"}},
		"no size":          {func(c *openai.Config) { c.Size = "large" }, []string{"large", "1024x1024"}},
		"size of nothing":  {func(c *openai.Config) { c.Size = "0x0" }, []string{"0x0"}},
		"half a size":      {func(c *openai.Config) { c.Size = "1024" }, []string{"1024"}},
		"more than a size": {func(c *openai.Config) { c.Size = "1024x1024px" }, []string{"1024x1024px"}},
		"too large":        {func(c *openai.Config) { c.Size = "4000x1000" }, []string{"3840"}},
		"quality":          {func(c *openai.Config) { c.Quality = "best" }, []string{"best", "medium"}},
		"format":           {func(c *openai.Config) { c.Format = "webp" }, []string{"webp", "jpeg"}},
		"negative timeout": {func(c *openai.Config) { c.Timeout = -1 }, []string{"negative"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := config()
			test.change(&c)
			_, err := openai.New(c)
			if err == nil {
				t.Fatal("no error")
			}
			for _, word := range test.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
			wantNoKey(t, err.Error())
		})
	}
}

func TestDefaults(t *testing.T) {
	g := built(t, openai.Config{APIKey: key, Price: price})
	want := generate.ID{Name: "openai", Model: "gpt-image-2", Parameters: map[string]string{"size": "1024x1024", "quality": "medium", "format": "png"}}
	if !reflect.DeepEqual(g.ID(), want) {
		t.Errorf("%+v", g.ID())
	}
}

func TestKeyIsNowhereToBeSeen(t *testing.T) {
	echo := func(status int) openaitest.Fault {
		return body(status, `{"error":{"message":"Bearer `+key+` is not welcome","code":"`+key+`","type":"x"}}`)
	}
	for name, fault := range map[string]openaitest.Fault{
		"401": echo(401), "400": echo(400), "502": echo(502), "200": echo(200), "page": body(400, key),
		"answer": body(200, `{"data":[{"b64_json":"`+key+`"}]}`),
	} {
		t.Run(name, func(t *testing.T) {
			g, _ := direct(t, openaitest.Options{Key: key, EditFault: openaitest.Always(fault)})
			picture, usage, err := g.Generate(t.Context(), order())
			wantNoKey(t, fmt.Sprintf("%v %v %v", picture, usage, err))
		})
	}
	c := config()
	g := built(t, c)
	peer, err := endpoint.New(endpoint.Config{APIKey: key})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(map[string]any{"config": c, "generator": g, "peer": peer})
	if err != nil {
		t.Fatal(err)
	}
	wantNoKey(t, string(encoded))
	for _, v := range []any{c, &c, g, *g, peer, *peer, endpoint.Config{APIKey: key}, &endpoint.Config{APIKey: key}} {
		wantNoKey(t, fmt.Sprintf("%v %+v %#v", v, v, v))
	}
}

func wantNoKey(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, key) || strings.Contains(s, key[8:]) {
		t.Errorf("the key is in %s", s)
	}
}

// Whatever comes with status 200 is a picture as ordered, or an error that says
// what follows; and it is paid for once.
func FuzzAnswer(f *testing.F) {
	sound := openaitest.Pattern(openaitest.Request{Size: "32x32", Format: "png"})
	answer, err := json.Marshal(map[string]any{"data": []any{map[string]any{"b64_json": sound}}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(answer), string(answer[:200]), `{"data":[{"b64_json":"iVBORw0KGgo="}]}`, `{"data":[{}]}`, `{"data":null}`, "{}", "[]", "",
		`{"error":{"code":"moderation_blocked"}}`, `{"error":7}`, `{"error":null,"data":[]}`,
		`{"usage":{"input_tokens":1e400}}`, `{"usage":{"input_tokens":9223372036854775807,"output_tokens":9223372036854775807}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		g, h := direct(t, openaitest.Options{EditFault: openaitest.Always(body(200, string(answer)))}, func(c *openai.Config) { c.Size = "32x32" })
		picture, usage, err := g.Generate(t.Context(), order())
		if err == nil {
			header, format, err := image.DecodeConfig(bytes.NewReader(picture.Data))
			if err != nil || format != "png" || header.Width != 32 || header.Height != 32 {
				t.Errorf("%s of %d×%d, %v", format, header.Width, header.Height, err)
			}
		}
		if err != nil && !errors.Is(err, generate.ErrUnusable) && !errors.Is(err, generate.ErrRefused) && !errors.Is(err, judge.ErrHalt) {
			t.Errorf("error %v does not say what follows", err)
		}
		if n := h.Stats().Edits.Requests; n != 1 || usage.Requests != 1 || !(usage.USD >= 0) {
			t.Errorf("%d requests, %+v", n, usage)
		}
	})
}
