// Reads two sizes of a log with golang.org/x/mod/sumdb: signature, root, every 997th inclusion proof, consistency, the form of
// the paths of tiles; and sees that an altered entry and an altered tile are refused.
//
// Usage: main OLD NEW (folders with checkpoint, vkey and tile/)
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

// ReadTiles maps Go's path of a tile, which names the height, to that of C2SP tlog-tiles, which does not.
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var data [][]byte
	for _, tile := range tiles {
		path := "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		bytes, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		data = append(data, bytes)
	}
	return data, nil
}

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// An altered tile is another tile in the place of one.
type altered struct{ folder }

func (a altered) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data, err := a.folder.ReadTiles(tiles)
	if err == nil {
		data[0] = append([]byte(nil), data[0]...)
		data[0][0] ^= 1
	}
	return data, err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func read(f folder, name string) string {
	bytes, err := os.ReadFile(filepath.Join(string(f), name))
	check(err)
	return string(bytes)
}

func open(f folder) tlog.Tree {
	verifier, err := note.NewVerifier(strings.TrimSpace(read(f, "vkey")))
	check(err)
	signed, err := note.Open([]byte(read(f, "checkpoint")), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(signed.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err)
	var hash tlog.Hash
	copy(hash[:], root)
	return tlog.Tree{N: size, Hash: hash}
}

func entries(f folder, size int64) [][]byte {
	var all [][]byte
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if rest := size - n*256; rest < 256 {
			tile.W = int(rest)
		}
		path := strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)
		bundle := []byte(read(f, path))
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			all = append(all, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return all
}

func main() {
	old, new := folder(os.Args[1]), folder(os.Args[2])
	before, after := open(old), open(new)
	hashes := tlog.TileHashReader(after, new)
	root, err := tlog.TreeHash(after.N, hashes)
	check(err)
	if root != after.Hash {
		log.Fatal("the tiles have another root")
	}
	leaves := entries(new, after.N)
	if int64(len(leaves)) != after.N {
		log.Fatalf("%d entries of %d", len(leaves), after.N)
	}
	proofs := 0
	for index := int64(0); index < after.N; index += 997 {
		proof, err := tlog.ProveRecord(after.N, index, hashes)
		check(err)
		check(tlog.CheckRecord(proof, after.N, after.Hash, index, tlog.RecordHash(leaves[index])))
		changed := append([]byte(nil), leaves[index]...)
		changed[len(changed)/2] ^= 1
		if tlog.CheckRecord(proof, after.N, after.Hash, index, tlog.RecordHash(changed)) == nil {
			log.Fatal("an altered entry passes")
		}
		proofs++
	}
	tree, err := tlog.ProveTree(after.N, before.N, hashes)
	check(err)
	check(tlog.CheckTree(tree, after.N, after.Hash, before.N, before.Hash))
	forked := before.Hash
	forked[0] ^= 1
	if tlog.CheckTree(tree, after.N, after.Hash, before.N, forked) == nil {
		log.Fatal("a forked log passes")
	}
	if _, err := tlog.TreeHash(after.N, tlog.TileHashReader(after, altered{new})); err == nil {
		log.Fatal("an altered tile passes")
	}
	fmt.Printf("go x/mod/sumdb: %d to %d entries, %d inclusion proofs, consistency, altered entry and tile refused\n",
		before.N, after.N, proofs)
}
