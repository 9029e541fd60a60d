#!/bin/sh
# Writes the secrets that docker-compose.yml reads into a folder (default ./secrets), those that are missing only.
# Needs openssl. Run it once, keep the folder out of git and in your backup.
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"
chmod 711 "$folder"

keep() { # keep NAME: standard input becomes the secret of that name, unless there is one
    if [ -e "$folder/$1" ]; then
        cat >/dev/null
    else
        cat >"$folder/$1"
        # The containers run as a user of their own, who must be able to read the mounted file.
        chmod 444 "$folder/$1"
        echo "wrote $folder/$1"
    fi
}

openssl rand -base64 50 | tr -d '\n' | keep secret_key
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt | keep jwt_signing_key
openssl rand -hex 24 | tr -d '\n' | keep database_password
password=$(cat "$folder/database_password")
printf 'postgresql://portal:%s@database:5432/portal' "$password" | keep database_url
printf 'postgresql://portal:%s@database:5432/acdb' "$password" | keep acdb_url
printf 'redis://broker:6379/0' | keep redis_url
