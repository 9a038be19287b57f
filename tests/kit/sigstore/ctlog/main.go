// Command ctlog is TesseraCT's certificate transparency log on files, without what a test has no
// use for: protection against spam, witnesses, tracing.
package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/transparency-dev/tessera"
	tessera_posix "github.com/transparency-dev/tessera/storage/posix"
	"github.com/transparency-dev/tesseract"
	"github.com/transparency-dev/tesseract/storage"
	"github.com/transparency-dev/tesseract/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

var (
	address = flag.String("address", "127.0.0.1:6962", "where to listen")
	origin  = flag.String("origin", "localhost", "the log's name; requests have to ask for it")
	folder  = flag.String("folder", "", "where the log is kept")
	key     = flag.String("key", "", "the log's P-256 key, SEC 1 in PEM")
	roots   = flag.String("roots", "", "the certificates below which it logs, in PEM")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx); err != nil {
		log.Fatal(err)
	}
}

func serve(ctx context.Context) error {
	signer, err := readKey(*key)
	if err != nil {
		return err
	}
	backup, err := posix.NewRootsStorage(ctx, *folder)
	if err != nil {
		return err
	}
	accepted := tesseract.ChainValidationConfig{
		RootsPEMFile:           *roots,
		RootsRemoteFetchBackup: backup,
		ExtKeyUsages:           "CodeSigning",
	}
	handler, err := tesseract.NewLogHandler(
		ctx, *origin, signer, accepted, newStorage, 10*time.Second, false, "",
		tesseract.LogHandlerOpts{MaxCertChainBytes: 512 << 10, DedupRL: -1},
	)
	if err != nil {
		return err
	}
	server := http.Server{Addr: *address, Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func newStorage(ctx context.Context, signer note.Signer) (*storage.CTStorage, error) {
	driver, err := tessera_posix.New(ctx, tessera_posix.Config{Path: *folder})
	if err != nil {
		return nil, err
	}
	options := tessera.NewAppendOptions().
		WithCheckpointSigner(signer).
		WithCTLayout().
		WithCheckpointInterval(200*time.Millisecond).
		WithBatching(256, 50*time.Millisecond)
	appender, _, reader, err := tessera.NewAppender(ctx, driver, options)
	if err != nil {
		return nil, err
	}
	issuers, err := posix.NewIssuerStorage(ctx, *folder)
	if err != nil {
		return nil, err
	}
	return storage.NewCTStorage(ctx, &storage.CTStorageOptions{
		Appender:            appender,
		Reader:              reader,
		IssuerStorage:       issuers,
		AwaiterPollInterval: 50 * time.Millisecond,
		EnablePubAwaiter:    true,
	})
}

func readKey(path string) (crypto.Signer, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("no PEM in %s", path)
	}
	return x509.ParseECPrivateKey(block.Bytes)
}
