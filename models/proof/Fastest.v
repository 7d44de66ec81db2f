(** The sum of the m largest uploads, and that no m peers have more. *)

From Coq Require Import Reals Lra Lia List Arith Permutation Sorted.
From Swarm Require Import Sums.
Import ListNotations.
Open Scope R_scope.

Definition total (l : list R) : R := sum (fun x => x) l.

(** Uploads, largest first. *)
Definition descending (s : list R) : Prop := StronglySorted Rge s.

Section Fastest.
  Context (s : list R).

  (** Û_m. *)
  Definition fastest (m : nat) : R := total (firstn m s).

  Lemma fastest_grows l m : (forall x, In x s -> 0 <= x) -> (l <= m)%nat -> fastest l <= fastest m.
  Proof.
    intros nn le. unfold fastest.
    replace (firstn l s) with (firstn l (firstn m s)) by (rewrite firstn_firstn; f_equal; lia).
    rewrite <- (firstn_skipn l (firstn m s)) at 2. unfold total. rewrite sum_app.
    assert (0 <= sum (fun x => x) (skipn l (firstn m s))); [|lra].
    apply sum_nonneg. intros x i. apply nn.
    rewrite <- (firstn_skipn m s). apply in_or_app. left.
    rewrite <- (firstn_skipn l (firstn m s)). apply in_or_app. now right.
  Qed.

  Lemma fastest_total m : (forall x, In x s -> 0 <= x) -> fastest m <= total s.
  Proof.
    intros nn. destruct (le_lt_dec (length s) m).
    - unfold fastest. rewrite firstn_all2 by assumption. lra.
    - replace (total s) with (fastest (length s)) by (unfold fastest; now rewrite firstn_all).
      apply fastest_grows; [assumption|lia].
  Qed.
End Fastest.

Lemma larger_head h s m :
  0 <= h -> Forall (Rge h) s -> fastest s (S m) <= h + fastest s m.
Proof.
  intros nn. unfold fastest. revert m. induction s as [|x s IH]; intros m least.
  - rewrite !firstn_nil. unfold total. simpl. lra.
  - apply Forall_cons_iff in least. destruct least as [first least].
    destruct m as [|m]; [unfold total; simpl; lra|].
    specialize (IH m least). unfold total in *. change (firstn (S (S m)) (x :: s))
      with (x :: firstn (S m) s).
    change (firstn (S m) (x :: s)) with (x :: firstn m s). simpl sum in *. lra.
Qed.

Lemma fastest_is_largest s : forall a b,
  descending s -> (forall x, In x s -> 0 <= x) -> Permutation (a ++ b) s ->
  total a <= fastest s (length a).
Proof.
  induction s as [|h s IH]; intros a b sorted nn perm.
  - apply Permutation_sym, Permutation_nil, app_eq_nil in perm. destruct perm as [-> _].
    unfold fastest, total. simpl. lra.
  - apply StronglySorted_inv in sorted. destruct sorted as [sorted least].
    assert (nn' : forall x, In x s -> 0 <= x) by (intros; apply nn; simpl; auto).
    assert (i : In h (a ++ b)).
    { apply Permutation_in with (1 := Permutation_sym perm). simpl. auto. }
    apply in_app_or in i. destruct i as [i|i]; apply in_split in i; destruct i as (l & m & ->).
    + rewrite <- app_assoc in perm. simpl in perm. apply Permutation_sym,
      Permutation_cons_app_inv in perm.
      specialize (IH (l ++ m) b sorted nn').
      rewrite <- app_assoc in IH. specialize (IH (Permutation_sym perm)).
      unfold total, fastest in *. rewrite app_length in *. simpl.
      rewrite Nat.add_succ_r. simpl firstn. rewrite sum_app in *. simpl. unfold total in *.
      simpl. lra.
    + rewrite app_assoc in perm. apply Permutation_sym, Permutation_cons_app_inv in perm.
      rewrite <- app_assoc in perm.
      specialize (IH a (l ++ m) sorted nn' (Permutation_sym perm)).
      apply Rle_trans with (1 := IH). destruct (length a) as [|k].
      * unfold fastest, total. simpl. lra.
      * unfold fastest at 2. simpl firstn. unfold total. simpl sum.
        change (sum (fun x => x) (firstn k s)) with (fastest s k).
        apply larger_head; [apply nn; simpl; auto|assumption].
Qed.

(** Applied to the peers 1 .. n. *)
Lemma fastest_peers n (u : nat -> R) s l :
  descending s -> (forall i, In i (seq 1 n) -> 0 <= u i) -> Permutation (map u (seq 1 n)) s ->
  NoDup l -> incl l (seq 1 n) -> sum u l <= fastest s (length l).
Proof.
  intros sorted nn perm distinct sub.
  set (rest := filter (fun i => if in_dec Nat.eq_dec i l then false else true) (seq 1 n)).
  assert (Permutation (l ++ rest) (seq 1 n)) as split.
  { apply NoDup_Permutation.
    - assert (NoDup rest) as dr by apply NoDup_filter, seq_NoDup.
      assert (forall i, In i l -> ~ In i rest) as apart.
      { intros i k r. apply filter_In in r. destruct r as [_ r].
        destruct (in_dec _ _ _); [discriminate|tauto]. }
      clearbody rest. clear - distinct dr apart. induction distinct as [|x l new _ IH];
        [assumption|].
      simpl. constructor; [|apply IH; intros; apply apart; simpl; auto].
      intros i. apply in_app_or in i. destruct i; [tauto|].
      apply (apart x); simpl; auto.
    - apply seq_NoDup.
    - intros i. rewrite in_app_iff. unfold rest. rewrite filter_In.
      destruct (in_dec Nat.eq_dec i l); split; intuition. }
  assert (sum u l = total (map u l)) as -> by (symmetry; exact (sum_map (fun x => x) u l)).
  rewrite <- (map_length u l). apply fastest_is_largest with (map u rest); [assumption| |].
  - intros x i. apply Permutation_in with (1 := Permutation_sym perm) in i.
    apply in_map_iff in i. destruct i as (j & <- & k). auto.
  - rewrite <- map_app. apply Permutation_trans with (2 := perm). now apply Permutation_map.
Qed.
